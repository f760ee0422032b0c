import { useRef, useState } from "preact/hooks";
import { ask } from "../api/ask";
import { unknownRefusal } from "../api/unknown-refusal";
import { useQuery } from "../api/use-query";
import { CancelLinkedVisit, ConfirmLinkedVisit, LinkedVisit, type LinkedFragment } from "../generated/operations";
import { FormView, refuse, refuseWith, useForm } from "../parts/form";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/screen";
import { CallInstead, Failed, Loading, PhoneLink } from "../parts/states";
import { When } from "../parts/visit-card";
import { whenOf } from "../state/hours";
import { moment, now } from "../state/time";
import { paths } from "../state/paths";
import { common } from "../words/common";
import { visitLink, visits } from "../words/visits";

/** The token behind the #, which browsers do not send. */
export const tokenOfLink = (): string => decodeURIComponent(location.hash.slice(1));

/** The page of a letter's personal link. Opening it changes nothing, because mail scanners open links. */
export function VisitLink() {
  const [token] = useState(tokenOfLink);
  const [answered, setAnswered] = useState<LinkedFragment | null>(null);
  const { data, fault, reload } = useQuery(LinkedVisit, token ? { token } : null);
  const known = useRef<LinkedFragment | null>(null); // shown while a change of language reloads the visit
  known.current = data?.linkedVisit ?? known.current;
  const visit = answered ?? known.current;
  const words = visitLink.value;
  if (!token || data?.linkedVisit === null)
    return (
      <Screen key="bad" title={words.bad} lead={words.badWhy}>
        <p class="actions">
          <a class="button" href={paths.visits}>
            {words.toVisits}
          </a>
        </p>
        <CallInstead />
      </Screen>
    );
  if (!visit)
    return (
      <Screen key="wait" title={words.title}>
        {fault ? <Failed fault={fault} retry={reload} /> : <Loading />}
      </Screen>
    );
  if (visit.status === "CANCELLED") return <Answered key="cancelled" visit={visit} isCancelled />;
  if (visit.confirmedAt) return <Answered key="confirmed" visit={visit} token={token} onAnswer={setAnswered} />;
  return (
    <Screen key="ask" title={words.title} lead={words.lead}>
      <Place visit={visit} />
      <Confirm token={token} onAnswer={setAnswered} />
      <Cancel token={token} visit={visit} onAnswer={setAnswered} />
    </Screen>
  );
}

function Place({ visit: { startsAt, address, phone } }: { visit: LinkedFragment }) {
  return (
    <article class="card visit large">
      <When at={startsAt} />
      <p>
        <Icon name="pin" /> {address}
      </p>
      <p>
        <Icon name="phone" /> <PhoneLink phone={phone} />
      </p>
    </article>
  );
}

interface AnswerProps {
  readonly token: string;
  readonly onAnswer: (visit: LinkedFragment) => void;
}

function Confirm({ token, onAnswer }: AnswerProps) {
  const form = useForm("confirm-visit-link");
  const confirm = async () => {
    const { confirmLinkedVisit: answer } = await ask(ConfirmLinkedVisit, { input: { token } });
    if (answer.__typename === "LinkedVisit") return onAnswer(answer);
    refuseWith(form, () => visitLink.value.bad, answer.message);
  };
  return <FormView form={form} submit={visitLink.value.confirm} onSubmit={confirm} />;
}

function Cancel({ token, visit, onAnswer }: AnswerProps & { readonly visit: LinkedFragment }) {
  const form = useForm("cancel-visit-link");
  const words = visitLink.value;
  if (Date.parse(visit.cancellableUntil) <= now()) return <p class="quiet">{words.tooLate}</p>;
  const cancel = async () => {
    const { cancelLinkedVisit: answer } = await ask(CancelLinkedVisit, { input: { token } });
    const title = () => visitLink.value.cancelAsk;
    switch (answer.__typename) {
      case "LinkedVisit":
        return onAnswer(answer);
      case "OutsideServiceHours":
        return refuse(form, { title, text: () => common.value.closedAct(whenOf(answer.opensAt)) });
      case "LinkNotValid":
        return refuse(form, { title, text: () => visitLink.value.badWhy });
      case "VisitNotChangeable":
        return refuse(form, { title, text: () => visitLink.value.tooLate });
      default:
        return refuseWith(form, title, unknownRefusal(answer));
    }
  };
  return (
    <details class="card">
      <summary>{words.cancel}</summary>
      <p>
        {words.cancelAsk} <strong>{moment(visit.startsAt)}</strong>
      </p>
      <FormView form={form} submit={visits.value.cancelYes} isDanger onSubmit={cancel} />
    </details>
  );
}

interface AnsweredProps extends Partial<AnswerProps> {
  readonly visit: LinkedFragment;
  readonly isCancelled?: boolean;
}

function Answered({ visit, isCancelled = false, token, onAnswer }: AnsweredProps) {
  const words = visitLink.value;
  return (
    <Screen
      title={isCancelled ? words.cancelled : words.confirmed}
      lead={isCancelled ? words.cancelledText : words.confirmedText}
      isDone
    >
      <Place visit={visit} />
      {token && onAnswer && <Cancel token={token} visit={visit} onAnswer={onAnswer} />}
      <p class="actions">
        <a class="button secondary" href={paths.visits}>
          {words.toVisits}
        </a>
      </p>
    </Screen>
  );
}
