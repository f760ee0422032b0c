// The patient's card: identity, visits, waiting list, offers, messages and calls.
import { useState } from "react";
import { ask } from "../../api";
import { attempt } from "../../actions";
import { PatientCardDocument, RevealDocument, type PatientCardQuery } from "../../generated";
import { say, useChanged } from "../../notice";
import { plainDay } from "../../time";
import { useAnswer } from "../../useAnswer";
import { personName, phoneText } from "../../words/people";
import { ENUMS } from "../../words/words";
import { useWorkspace } from "../../workspace";
import { bookFor } from "../day/sheetState";
import { Messages } from "../day/VisitHistory";
import { hasForm, openForm } from "../forms/open";
import { ShowQuery } from "../ShowQuery";
import { openPatient } from "./open";
import { Calls, Offers, Visits, WaitingEntries } from "./sections";
import { Picker } from "./Picker";

export type Card = Extract<NonNullable<PatientCardQuery["node"]>, { firstName: string }>;

export function PatientPanel() {
  const patient = useWorkspace((state) => state.patient);
  if (!patient)
    return (
      <div className="patient empty">
        <h1>Szukaj pacjenta</h1>
        <Picker onPick={(person) => openPatient(person.id)} />
      </div>
    );
  return <Opened key={patient} patient={patient} />;
}

function Opened({ patient }: { patient: string }) {
  const answer = useAnswer(() => ask(PatientCardDocument, { patient }), patient);
  useChanged(answer.again);
  const card = answer.data?.node && "firstName" in answer.data.node ? answer.data.node : null;
  if (answer.error)
    return (
      <p className="trouble" role="alert">
        {answer.error}
      </p>
    );
  if (!card) return <p className="nothing">{answer.isLoading ? "" : "Nie ma takiej kartoteki."}</p>;
  return (
    <div className="patient">
      <Head card={card} />
      <div className="card-sections">
        <Visits title="Zaplanowane wizyty" visits={card.plannedVisits.nodes} person={card} areToCome />
        <WaitingEntries entries={card.waitingList.nodes} />
        <Offers offers={card.offers} person={card} />
        <section>
          <h2>Wiadomości</h2>
          <Messages messages={answer.data?.messages.nodes ?? []} />
        </section>
        <Calls calls={card.calls.nodes} />
        <Visits title="Minione i odwołane wizyty" visits={card.pastVisits.nodes} person={card} />
      </div>
    </div>
  );
}

function Head({ card }: { card: Card }) {
  return (
    <header className="card-head">
      <h1>
        {personName(card)} <ShowQuery of="PatientCard" />
      </h1>
      {card.formerNames.length > 0 && <p>dawniej: {card.formerNames.map(personName).join(", ")}</p>}
      <Facts card={card} />
      <Marks card={card} />
      <Actions card={card} />
    </header>
  );
}

function Facts({ card }: { card: Card }) {
  const facts: [string, React.ReactNode][] = [
    ["PESEL", card.peselMasked ? <Revealed card={card} /> : "brak"],
    [
      "Dokument",
      card.document &&
        `${ENUMS.DocumentKind![card.document.kind]}, ${card.document.country}, ${card.document.numberMasked}`,
    ],
    ["Data urodzenia", card.birthDate && plainDay(card.birthDate)],
    ["Telefon", card.phone ? <a href={`tel:${card.phone}`}>{phoneText(card.phone)}</a> : "brak"],
    ["E-mail", card.email ?? "brak konta"],
    ["SMS przed wizytą", card.smsReminders ? "tak" : "nie"],
  ];
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Revealed({ card }: { card: Card }) {
  const [whole, setWhole] = useState("");
  const reveal = async () => {
    const { result, refusal } = await attempt(RevealDocument, { input: { patientId: card.id } });
    if (refusal) say(refusal.message, true);
    else setWhole(String(result.pesel ?? result.documentNumber ?? ""));
  };
  return (
    <>
      <span className="whole">{whole || card.peselMasked}</span>{" "}
      {!whole && (
        <button
          type="button"
          className="link"
          title="Pacjent zobaczy to w historii dostępu do danych"
          onClick={() => void reveal()}
        >
          pokaż cały
        </button>
      )}
    </>
  );
}

function Marks({ card }: { card: Card }) {
  return (
    <div className="badges">
      <span className={card.identityConfirmedAt ? "confirmed" : "unconfirmed"}>
        {card.identityConfirmedAt ? "✓ tożsamość potwierdzona" : "? tożsamość niepotwierdzona"}
      </span>
      {card.toBeCompleted && <em>do uzupełnienia: brakuje numeru PESEL lub dokumentu</em>}
      {card.doubleOf && (
        <em>
          dublet; właściwa kartoteka:{" "}
          <button type="button" className="link" onClick={() => openPatient(card.doubleOf!.id)}>
            {personName(card.doubleOf)}
          </button>
        </em>
      )}
    </div>
  );
}

function Actions({ card }: { card: Card }) {
  const form = (text: string, operation: string) =>
    hasForm(operation) && (
      <button type="button" onClick={() => openForm(operation, { input: { patientId: card.id } })}>
        {text}
      </button>
    );
  return (
    <p className="buttons">
      <button type="button" className="main" autoFocus onClick={() => bookFor(card)}>
        Umów wizytę
      </button>
      {form(card.toBeCompleted ? "Uzupełnij numer" : "Popraw dane", "ChangePatient")}
      {!card.identityConfirmedAt && !card.toBeCompleted && form("Potwierdź tożsamość", "ConfirmIdentity")}
      {form("Na listę oczekujących", "JoinWaitingListFor")}
      {card.doubleOf ? form("To nie jest dublet", "UnmarkDouble") : form("Oznacz jako dublet", "MarkDouble")}
      {!card.email && !card.toBeCompleted && form("Zaproś do e-rejestracji", "InvitePatient")}
    </p>
  );
}
