// One telephone call: whom to call and why, what can be offered, and the outcome.
import { useState, type FormEvent } from "react";
import { attempt, useAction } from "../../actions";
import {
  AcceptDocument,
  CalledDocument,
  DeclineDocument,
  type CallOfferFragment,
  type CallOutcome,
} from "../../generated";
import { say } from "../../notice";
import { addDays, fullMoment, moment, now, timeOf } from "../../time";
import { CALL_REASONS, OUTCOMES } from "../../words/states";
import { personName, phoneText } from "../../words/people";
import { movable } from "../day/Grid";
import { move, show } from "../day/sheetState";
import { openPatient } from "../patient/open";
import { Trouble } from "../Trouble";
import type { Entry, WaitingOffer } from "./CallsPanel";

function Phone({ phone }: { phone: string | null | undefined }) {
  if (!phone) return <p className="warning">Brak numeru telefonu.</p>;
  return (
    <p>
      <a className="dial" href={`tel:${phone}`}>
        ☎ {phoneText(phone)}
      </a>
    </p>
  );
}

export function CallSide({ entry }: { entry: Entry }) {
  const { visit } = entry;
  return (
    <>
      <header>
        <h2>{personName(visit.patient)}</h2>
        <p>
          {fullMoment(visit.startsAt)}
          <br />
          {visit.doctor.fullName}, {visit.clinic.name}
        </p>
      </header>
      <Phone phone={entry.phone} />
      <p className="warning">
        {visit.doctorIsAbsent && <b>Lekarza nie będzie; </b>}
        {CALL_REASONS[entry.reason]}
        {entry.message?.reason && ` (${entry.message.reason})`}
      </p>
      {entry.offer && <OfferButtons offer={entry.offer} name={personName(visit.patient)} />}
      <p className="buttons">
        <button type="button" onClick={() => move(movable(visit))}>
          Wybierz inny termin
        </button>
        <button
          type="button"
          onClick={() => show({ startsAt: visit.startsAt, visit: visit.id, clinic: visit.clinic.id })}
        >
          Pokaż w terminarzu
        </button>
        <button type="button" onClick={() => openPatient(visit.patient.id)}>
          Karta pacjenta
        </button>
      </p>
      <Outcome entry={entry} />
      {entry.calls.length > 0 && (
        <>
          <h3>Dotychczas</h3>
          <ul>
            {entry.calls.map((call) => (
              <li key={call.id}>
                {moment(call.at)}: {OUTCOMES[call.outcome]} ({call.staffName}){call.note && `, „${call.note}”`}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

export function OfferButtons({ offer, name }: { offer: CallOfferFragment; name: string }) {
  const action = useAction();
  const accept = async () => {
    const visit = (await action.run(AcceptDocument, { input: { offerId: offer.id, channel: "PHONE" } })) as {
      startsAt: string;
    } | null;
    if (visit) say(`${name}: wizyta ${fullMoment(visit.startsAt)}.`);
  };
  const decline = async () => {
    const { refusal } = await attempt(DeclineDocument, { input: { offerId: offer.id } });
    if (refusal) say(refusal.message, true);
    else say(`${name}: termin odrzucony, dostanie go ktoś inny.`);
  };
  if (!offer.slot || offer.answer !== "OPEN") return null;
  return (
    <div className="offer">
      <p>
        Zaproponowany termin: <b>{fullMoment(offer.slot.startsAt)}</b>, {offer.slot.doctor.fullName},{" "}
        {offer.slot.clinic.name}. Czeka do {moment(offer.expiresAt)}.
      </p>
      <p className="buttons">
        <button type="button" className="main" aria-disabled={action.isBusy} onClick={() => void accept()}>
          Pacjent przyjmuje
        </button>
        <button type="button" onClick={() => void decline()}>
          Nie chce
        </button>
      </p>
      <Trouble refusal={action.refusal} />
    </div>
  );
}

export function OfferSide({ offer }: { offer: WaitingOffer }) {
  return (
    <>
      <header>
        <h2>{personName(offer.patient)}</h2>
        <p>Czeka na termin; jeden właśnie się zwolnił.</p>
      </header>
      <Phone phone={offer.patient.phone} />
      <OfferButtons offer={offer} name={personName(offer.patient)} />
      <button type="button" onClick={() => openPatient(offer.patient.id)}>
        Karta pacjenta
      </button>
    </>
  );
}

/** When to try again: in about two hours, on the hour; in the evening, at nine on the next day. */
function laterToday(): string {
  const hour = Number(timeOf(now()).slice(0, 2)) + 2;
  return hour < 20
    ? `${now().slice(0, 10)}T${String(hour).padStart(2, "0")}:00`
    : `${addDays(now().slice(0, 10), 1)}T09:00`;
}

function Outcome({ entry }: { entry: Entry }) {
  const [outcome, setOutcome] = useState<CallOutcome>("REACHED");
  const [note, setNote] = useState("");
  const [againAt, setAgainAt] = useState(laterToday());
  const action = useAction();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const input = {
      visitId: entry.visit.id,
      note: note || null,
      outcome,
      againAt: outcome === "REACHED" ? null : againAt || null,
    };
    if (!(await action.run(CalledDocument, { input }))) return;
    say(`${personName(entry.visit.patient)}: ${OUTCOMES[outcome]}.`);
    setNote("");
  };
  return (
    <form className="inset" onSubmit={submit}>
      <fieldset>
        <legend>Wynik rozmowy</legend>
        {(Object.keys(OUTCOMES) as CallOutcome[]).map((one) => (
          <label key={one} className="check">
            <input type="radio" name="outcome" checked={outcome === one} onChange={() => setOutcome(one)} />{" "}
            {OUTCOMES[one]}
          </label>
        ))}
        {outcome !== "REACHED" && (
          <label>
            Zadzwonić ponownie
            <input type="datetime-local" value={againAt} onChange={(event) => setAgainAt(event.target.value)} />
          </label>
        )}
        <label>
          Notatka
          <textarea rows={2} value={note} maxLength={500} onChange={(event) => setNote(event.target.value)} />
        </label>
        <button className="main" aria-disabled={action.isBusy}>
          Zapisz rozmowę
        </button>
      </fieldset>
      <Trouble refusal={action.refusal} />
    </form>
  );
}
