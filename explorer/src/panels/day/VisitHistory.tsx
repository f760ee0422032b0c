// The notes about a visit, and its history.
import { ask } from "../../api";
import { attempt } from "../../actions";
import { ResendDocument, VisitStoryDocument, type MessageKind } from "../../generated";
import { say, useChanged } from "../../notice";
import { moment } from "../../time";
import { useAnswer } from "../../useAnswer";
import { HAPPENED, MESSAGE_STATES } from "../../words/states";
import { ENUMS } from "../../words/words";

export function VisitHistory({ visit }: { visit: string }) {
  const answer = useAnswer(() => ask(VisitStoryDocument, { visit }), visit);
  useChanged(answer.again);
  const history = (answer.data?.node && "history" in answer.data.node && answer.data.node.history) || [];
  const messages = answer.data?.messages.nodes ?? [];
  return (
    <div className="story">
      <details open={messages.some((message) => message.state === "FAILED")}>
        <summary>Wiadomości ({messages.length})</summary>
        <Messages messages={messages} />
      </details>
      <details>
        <summary>Historia ({history.length})</summary>
        <ul>
          {history.map((change, index) => (
            <li key={index}>
              <b>{HAPPENED[change.kind] ?? change.kind}</b> {moment(change.at)},{" "}
              {change.staffName ?? (change.by === "patient" ? "pacjent" : "rejestracja")}
              {change.kind === "MOVED" &&
                change.fromStartsAt &&
                change.toStartsAt &&
                `: z ${moment(change.fromStartsAt)} na ${moment(change.toStartsAt)}`}
              {change.reason && `: „${change.reason}”`}
              {change.overrideReason && `; pominięto regułę: „${change.overrideReason}”`}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

interface Message {
  id: string;
  kind: MessageKind;
  medium: "EMAIL" | "SMS";
  state: keyof typeof MESSAGE_STATES;
  to: string;
  reason?: string | null;
  createdAt: string;
}

export function Messages({ messages }: { messages: Message[] }) {
  const resend = async (message: Message) => {
    const { refusal } = await attempt(ResendDocument, { input: { messageId: message.id } });
    if (refusal) say(refusal.message, true);
    else say("Wiadomość zostanie wysłana jeszcze raz.");
  };
  if (messages.length === 0) return <p>Nie ma.</p>;
  return (
    <ul>
      {messages.map((message) => (
        <li key={message.id} className={message.state === "FAILED" ? "failed" : ""}>
          <b>{ENUMS.MessageKind![message.kind]}</b> ({message.medium === "SMS" ? "SMS" : "e-mail"}) {message.to}:{" "}
          {MESSAGE_STATES[message.state]}, {moment(message.createdAt)}
          {message.reason && ` (${message.reason})`}{" "}
          {["FAILED", "SENT", "DELIVERED"].includes(message.state) && (
            <button type="button" className="link" onClick={() => void resend(message)}>
              wyślij jeszcze raz
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
