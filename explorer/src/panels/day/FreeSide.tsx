// A free slot: book it for a patient, move a visit here, close it or, in the past, record a walk-in patient.
import { useState, type FormEvent } from "react";
import { useAction, type Refusal } from "../../actions";
import {
  BlockDocument,
  BookDocument,
  MoveDocument,
  RecordVisitDocument,
  type Channel,
  type PersonFragment,
} from "../../generated";
import { changed, say } from "../../notice";
import { fullMoment, hasBegun, moment, timeOf } from "../../time";
import { personName } from "../../words/people";
import { PersonLine, Picker } from "../patient/Picker";
import { Trouble } from "../Trouble";
import { done, forget, intend, lose, useDesk, type MovableVisit } from "./sheetState";
import type { Cell, SheetVisit } from "./layout";
import { useFirstFocus } from "./Side";

export function FreeSide({ cell }: { cell: Cell }) {
  const { intent } = useDesk();
  const person = intent.kind === "book" ? intent.patient : null;
  if (intent.kind === "move") return <MoveHere cell={cell} visit={intent.visit} />;
  if (person)
    return hasBegun(cell.startsAt) ? (
      <Record cell={cell} person={person} another={forget} />
    ) : (
      <Book key={person.id} cell={cell} person={person} another={forget} />
    );
  return (
    <>
      {hasBegun(cell.startsAt) && (
        <p className="hint">Ten termin już minął: można zapisać pacjenta, który został przyjęty bez rezerwacji.</p>
      )}
      <Picker onPick={(patient) => intend({ kind: "book", patient })} />
      {!hasBegun(cell.startsAt) && <Block cell={cell} />}
    </>
  );
}

export function Channels({ value, onChange }: { value: Channel; onChange: (channel: Channel) => void }) {
  const ways: [Channel, string][] = [
    ["PHONE", "przez telefon"],
    ["RECEPTION", "przy okienku"],
  ];
  return (
    <p className="choices" role="radiogroup" aria-label="Jak pacjent się zgłosił">
      {ways.map(([channel, text]) => (
        <label key={channel}>
          <input type="radio" checked={value === channel} onChange={() => onChange(channel)} /> {text}
        </label>
      ))}
    </p>
  );
}

/** Somebody else has the slot now: the patient stays selected, and the next free slots are shown. */
function wasFaster(refusal: Refusal) {
  if (refusal.alternatives) lose({ message: refusal.message, alternatives: refusal.alternatives });
}

interface PersonProps {
  cell: Cell;
  person: PersonFragment;
  another: () => void;
}

function Whom({ person, another }: Omit<PersonProps, "cell">) {
  return (
    <div className="whom">
      <PersonLine person={person} />
      <button type="button" className="link" onClick={another}>
        inna osoba
      </button>
    </div>
  );
}

function Book({ cell, person, another }: PersonProps) {
  const [channel, setChannel] = useState<Channel>("PHONE");
  const [reason, setReason] = useState("");
  const [key] = useState(() => crypto.randomUUID());
  const button = useFirstFocus<HTMLButtonElement>();
  const action = useAction();
  const book = async (override: { reason: string } | null = null) => {
    const idempotencyKey = override ? crypto.randomUUID() : key;
    const input = { slotId: cell.id, patientId: person.id, reason: reason || null, channel, override, idempotencyKey };
    const visit = (await action.run(BookDocument, { input }, wasFaster)) as unknown as SheetVisit | null;
    if (!visit) return changed();
    done(
      `Zarezerwowano: ${personName(person)}, ${fullMoment(visit.startsAt)}. Numer wizyty: ${visit.reference}.`,
      visit,
    );
  };
  const submit = (event: FormEvent) => (event.preventDefault(), void book());
  return (
    <>
      <Whom person={person} another={another} />
      <form onSubmit={submit}>
        <label>
          Powód wizyty (dla lekarza)
          <input
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            maxLength={500}
            autoComplete="off"
          />
        </label>
        <Channels value={channel} onChange={setChannel} />
        <button className="main" ref={button} aria-disabled={action.isBusy}>
          Zarezerwuj {timeOf(cell.startsAt)}
        </button>
      </form>
      <Trouble refusal={action.refusal} onOverride={(reason) => void book({ reason })} onPerson={(patient) => intend({ kind: "book", patient })} />
    </>
  );
}

function Record({ cell, person, another }: PersonProps) {
  const [why, setWhy] = useState("");
  const [reason, setReason] = useState("");
  const [key] = useState(() => crypto.randomUUID());
  const field = useFirstFocus<HTMLInputElement>();
  const action = useAction();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const input = {
      patientId: person.id,
      slotId: cell.id,
      overrideReason: why,
      reason: reason || null,
      idempotencyKey: key,
    };
    const visit = (await action.run(RecordVisitDocument, { input })) as unknown as SheetVisit | null;
    if (visit) done(`Zapisano wizytę: ${personName(person)}, ${fullMoment(visit.startsAt)}.`, visit);
  };
  return (
    <>
      <Whom person={person} another={another} />
      <form onSubmit={submit}>
        <label>
          Dlaczego bez rezerwacji (zostaje w dzienniku)
          <input ref={field} value={why} onChange={(event) => setWhy(event.target.value)} required maxLength={500} />
        </label>
        <label>
          Powód wizyty (dla lekarza)
          <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} />
        </label>
        <button className="main" aria-disabled={action.isBusy}>
          Zapisz odbytą wizytę
        </button>
      </form>
      <Trouble refusal={action.refusal} />
    </>
  );
}

function MoveHere({ cell, visit }: { cell: Cell; visit: MovableVisit }) {
  const [channel, setChannel] = useState<Channel>("PHONE");
  const [key] = useState(() => crypto.randomUUID());
  const button = useFirstFocus<HTMLButtonElement>(cell.id);
  const action = useAction();
  const move = async (override: { reason: string } | null = null) => {
    const input = {
      visitId: visit.id,
      slotId: cell.id,
      channel,
      override,
      idempotencyKey: override ? crypto.randomUUID() : key,
    };
    const moved = (await action.run(MoveDocument, { input }, wasFaster)) as unknown as SheetVisit | null;
    if (!moved) return changed();
    done(`Przełożono: ${visit.person}, teraz ${fullMoment(moved.startsAt)}.`, moved);
  };
  return (
    <>
      <p>
        <b>{visit.person}</b>: z {moment(visit.startsAt)} ({visit.doctor.fullName}) na <b>{moment(cell.startsAt)}</b> (
        {cell.doctor.fullName}).
      </p>
      <Channels value={channel} onChange={setChannel} />
      <p className="buttons">
        <button type="button" className="main" ref={button} aria-disabled={action.isBusy} onClick={() => void move()}>
          Przełóż tutaj
        </button>
        <button type="button" onClick={() => intend({ kind: "none" })}>
          Zostaw, jak było
        </button>
      </p>
      <Trouble refusal={action.refusal} onOverride={(reason) => void move({ reason })} />
    </>
  );
}

function Block({ cell }: { cell: Cell }) {
  const [reason, setReason] = useState("");
  const action = useAction();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (await action.run(BlockDocument, { input: { slotId: cell.id, reason } }))
      say(`Zablokowano termin ${timeOf(cell.startsAt)}.`);
  };
  return (
    <details>
      <summary>Zablokuj ten termin</summary>
      <form onSubmit={submit}>
        <label>
          Powód, dla współpracowników
          <input value={reason} onChange={(event) => setReason(event.target.value)} required maxLength={500} />
        </label>
        <button aria-disabled={action.isBusy}>Zablokuj</button>
      </form>
      <Trouble refusal={action.refusal} />
    </details>
  );
}
