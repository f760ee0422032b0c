// The lists on a patient's card.
import { useState, type FormEvent } from "react";
import { useAction } from "../../actions";
import { LeaveListDocument, type CardVisitFragment } from "../../generated";
import { say } from "../../notice";
import { moment, plainDay, shortDay, dayOf } from "../../time";
import { LOOKS, OUTCOMES } from "../../words/states";
import { personName } from "../../words/people";
import { ENUMS } from "../../words/words";
import { OfferButtons } from "../calls/CallSide";
import { move, show } from "../day/sheetState";
import { Trouble } from "../Trouble";
import type { Card } from "./PatientPanel";

interface VisitsProps {
  title: string;
  visits: CardVisitFragment[];
  person: { firstName: string; lastName: string };
  areToCome?: boolean;
}

export function Visits({ title, visits, person, areToCome = false }: VisitsProps) {
  return (
    <section className="wide">
      <h2>{title}</h2>
      {visits.length === 0 && <p>Nie ma.</p>}
      <ul className="rows">
        {visits.map((visit) => (
          <li key={visit.id}>
            <span className={`badge ${visit.status}`}>{`${LOOKS[visit.status].sign} ${LOOKS[visit.status].word}`}</span>
            <b>{moment(visit.startsAt)}</b>
            <span>
              {visit.doctor.fullName}, {visit.clinic.name}
              {visit.reason && `, „${visit.reason}”`} <small className="whole">{visit.reference}</small>
              {visit.doctorIsAbsent && <em> lekarza nie będzie</em>}
            </span>
            <span className="buttons small">
              <button
                type="button"
                onClick={() => show({ startsAt: visit.startsAt, visit: visit.id, clinic: visit.clinic.id })}
              >
                W terminarzu
              </button>
              {areToCome && visit.status === "BOOKED" && (
                <button type="button" onClick={() => move({ ...visit, person: personName(person) })}>
                  Przełóż
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function WaitingEntries({ entries }: { entries: Card["waitingList"]["nodes"] }) {
  if (entries.length === 0) return null;
  return (
    <section>
      <h2>Lista oczekujących</h2>
      <ul className="rows">
        {entries.map((entry) => (
          <li key={entry.id}>
            <b>{entry.clinic.name}</b>
            <span>
              {entry.doctor?.fullName ?? "dowolny lekarz"}, od {plainDay(entry.from)} do {plainDay(entry.until)}
              {entry.weekdays && `, ${entry.weekdays.map((day) => ENUMS.Weekday?.[day] ?? day).join(", ")}`}
              {entry.earliest && `, nie przed ${entry.earliest.slice(0, 5)}`}
              {entry.latest && `, nie po ${entry.latest.slice(0, 5)}`}{" "}
              <small>czeka od {shortDay(dayOf(entry.joinedAt))}</small>
            </span>
            <Leave entry={entry.id} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Leave({ entry }: { entry: string }) {
  const [reason, setReason] = useState("");
  const action = useAction();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await action.run(LeaveListDocument, { input: { entryId: entry, reason } }))
      say("Skreślono z listy oczekujących.");
  };
  return (
    <details>
      <summary>Skreśl</summary>
      <form onSubmit={submit}>
        <label>
          Dlaczego (zostaje w dzienniku)
          <input value={reason} onChange={(event) => setReason(event.target.value)} required maxLength={500} />
        </label>
        <button aria-disabled={action.isBusy}>Skreśl z listy</button>
      </form>
      <Trouble refusal={action.refusal} />
    </details>
  );
}

export function Offers({ offers, person }: { offers: Card["offers"]; person: Card }) {
  if (offers.length === 0) return null;
  return (
    <section>
      <h2>Propozycje</h2>
      {offers.map((offer) => (
        <div key={offer.id}>
          <p>
            <b>{ENUMS.OfferReason![offer.reason]}</b>:{" "}
            {offer.slot ? moment(offer.slot.startsAt) : "nie znaleziono terminu"}, {ENUMS.OfferAnswer![offer.answer]}
          </p>
          <OfferButtons offer={offer} name={personName(person)} />
        </div>
      ))}
    </section>
  );
}

export function Calls({ calls }: { calls: Card["calls"]["nodes"] }) {
  return (
    <section>
      <h2>Rozmowy</h2>
      {calls.length === 0 && <p>Nie ma.</p>}
      <ul>
        {calls.map((call) => (
          <li key={call.id}>
            <b>{moment(call.at)}</b> {OUTCOMES[call.outcome]} ({call.staffName}), wizyta {moment(call.visit.startsAt)}
            {call.note && `: „${call.note}”`}
          </li>
        ))}
      </ul>
    </section>
  );
}
