// A visit of the sheet: its patient, the possible actions, and its history.
import { useState, type FormEvent } from "react";
import { mark, useAction } from "../../actions";
import { CancelDocument, type Channel, type SeenDocument } from "../../generated";
import { say } from "../../notice";
import { timeOf } from "../../time";
import { personName, phoneText } from "../../words/people";
import { hasForm, openForm } from "../forms/open";
import { CONFIRMED } from "../../words/states";
import { ENUMS } from "../../words/words";
import { openPatient } from "../patient/open";
import { Trouble } from "../Trouble";
import { Channels } from "./FreeSide";
import { movable } from "./Grid";
import { intend, sawDocument, useDesk } from "./sheetState";
import { MARKINGS } from "./keys";
import { isConfirmed, type Cell, type SheetVisit } from "./layout";
import { useFirstFocus } from "./Side";
import { VisitHistory } from "./VisitHistory";

export function VisitSide({ cell, visit }: { cell: Cell; visit: SheetVisit }) {
  const [isCancelling, setCancelling] = useState(false);
  return (
    <>
      <Who visit={visit} />
      {visit.doctorIsAbsent && (
        <p className="warning">
          Lekarza nie będzie{cell.absence ? `: ${cell.absence.reason}` : ""}. Wizyta czeka na decyzję pacjenta.
        </p>
      )}
      <Marks visit={visit} />
      {visit.status === "BOOKED" && (
        <p className="buttons">
          <button type="button" onClick={() => intend({ kind: "move", visit: movable(visit) })}>
            Przełóż <kbd>P</kbd>
          </button>
          <button type="button" aria-expanded={isCancelling} onClick={() => setCancelling(!isCancelling)}>
            Odwołaj…
          </button>
        </p>
      )}
      {isCancelling && <Cancel visit={visit} />}
      <VisitHistory visit={visit.id} />
    </>
  );
}

function Who({ visit }: { visit: SheetVisit }) {
  const { patient } = visit;
  return (
    <div className="who">
      <h3>{personName(patient)}</h3>
      <p>
        {patient.phone ? <a href={`tel:${patient.phone}`}>{phoneText(patient.phone)}</a> : "brak telefonu"} · nr{" "}
        <b className="whole">{visit.reference}</b>
      </p>
      {visit.reason && <p className="reason">„{visit.reason}”</p>}
      <p className="badges">
        <span className={patient.identityConfirmedAt ? "confirmed" : "unconfirmed"}>
          {patient.identityConfirmedAt
            ? "✓ tożsamość potwierdzona"
            : "? tożsamość niepotwierdzona: prosimy obejrzeć dokument"}
        </span>
        {isConfirmed(visit) && (
          <span className="confirmed">
            {CONFIRMED.sign} {CONFIRMED.word}
          </span>
        )}
      </p>
      {patient.toBeCompleted && <p className="warning">Do uzupełnienia: trzeba poprosić o PESEL lub dokument.</p>}
      {patient.doubleOf && <p className="warning">Dublet; właściwa kartoteka: {personName(patient.doubleOf)}.</p>}
      <p className="buttons small">
        <button type="button" onClick={() => openPatient(patient.id)}>
          Karta pacjenta
        </button>
        {patient.toBeCompleted && hasForm("ChangePatient") && (
          <button type="button" onClick={() => openForm("ChangePatient", { input: { patientId: patient.id } })}>
            Uzupełnij numer
          </button>
        )}
        {!patient.identityConfirmedAt && !patient.toBeCompleted && hasForm("ConfirmIdentity") && (
          <button type="button" onClick={() => openForm("ConfirmIdentity", { input: { patientId: patient.id } })}>
            Potwierdź tożsamość
          </button>
        )}
      </p>
    </div>
  );
}

function Marks({ visit }: { visit: SheetVisit }) {
  const { said, seen } = useDesk();
  const first = useFirstFocus<HTMLButtonElement>(visit.status);
  const markings = MARKINGS[visit.status];
  const isArriving = markings.some((marking) => marking.as === "arrived") && !visit.patient.identityConfirmedAt && !visit.patient.toBeCompleted;
  return (
    <>
      {isArriving && <Seen value={seen} onChange={sawDocument} />}
      <p className="buttons">
        {markings.map((marking, index) => (
          <button
            type="button"
            key={marking.as}
            ref={index === 0 && !said ? first : null}
            className={index === 0 ? "main" : ""}
            onClick={() => void mark(visit, marking.as, marking.as === "arrived" ? seen : null)}
          >
            {marking.text} <kbd>{marking.letter.toUpperCase()}</kbd>
          </button>
        ))}
      </p>
    </>
  );
}

function Seen({ value, onChange }: { value: SeenDocument | null; onChange: (seen: SeenDocument | null) => void }) {
  return (
    <label>
      Okazany dokument (potwierdza tożsamość)
      <select value={value ?? ""} onChange={(event) => onChange((event.target.value || null) as SeenDocument | null)}>
        <option value="">–</option>
        {Object.entries(ENUMS.SeenDocument!).map(([document, text]) => (
          <option key={document} value={document}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Cancel({ visit }: { visit: SheetVisit }) {
  const [reason, setReason] = useState("");
  const [channel, setChannel] = useState<Channel>("PHONE");
  const [key] = useState(() => crypto.randomUUID());
  const field = useFirstFocus<HTMLInputElement>();
  const action = useAction();
  const cancel = async (override: { reason: string } | null = null) => {
    const input = {
      visitId: visit.id,
      reason: reason || null,
      channel,
      override,
      idempotencyKey: override ? crypto.randomUUID() : key,
    };
    if (await action.run(CancelDocument, { input }))
      say(`Odwołano wizytę: ${personName(visit.patient)}, ${timeOf(visit.startsAt)}.`);
  };
  const submit = (event: FormEvent) => (event.preventDefault(), void cancel());
  return (
    <form className="inset" onSubmit={submit}>
      <label>
        Powód, jeżeli go podano
        <input ref={field} value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} />
      </label>
      <Channels value={channel} onChange={setChannel} />
      <button className="grave" aria-disabled={action.isBusy}>
        Odwołaj wizytę
      </button>
      <Trouble refusal={action.refusal} onOverride={(reason) => void cancel({ reason })} />
    </form>
  );
}
