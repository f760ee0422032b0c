// A refusal: its message, and what can be done about it.
import { useState } from "react";
import type { Refusal } from "../actions";
import type { FreeSlotFragment, PersonFragment } from "../generated";
import { moment } from "../time";
import { personName } from "../words/people";

const OVERRIDABLE = new Set(["SlotNotBookable", "TooManyVisits", "VisitNotChangeable", "PatientIsDouble"]);

interface Props {
  refusal: Refusal | null;
  onAlternative?: (slot: FreeSlotFragment) => void;
  onOverride?: (reason: string) => void;
  onPerson?: (person: PersonFragment) => void;
}

export function Trouble({ refusal, onAlternative, onOverride, onPerson }: Props) {
  if (!refusal) return null;
  return (
    <div className="trouble" role="alert">
      <p>{refusal.message}</p>
      {refusal.fields && (
        <ul>
          {refusal.fields.map((field) => (
            <li key={field.path.join()}>{field.message}</li>
          ))}
        </ul>
      )}
      {refusal.visit && (
        <p>
          {moment(refusal.visit.startsAt)}, {refusal.visit.doctor.fullName}, {refusal.visit.clinic.name} (
          {refusal.visit.reference})
        </p>
      )}
      {onAlternative && refusal.alternatives && <Alternatives slots={refusal.alternatives} onChoice={onAlternative} />}
      {onPerson && refusal.kind === "PatientIsDouble" && refusal.patient && (
        <button type="button" onClick={() => onPerson(refusal.patient!)}>
          Właściwa kartoteka: {personName(refusal.patient)}
        </button>
      )}
      {onOverride && refusal.kind && OVERRIDABLE.has(refusal.kind) && <Override onReason={onOverride} />}
    </div>
  );
}

function Alternatives({ slots, onChoice }: { slots: FreeSlotFragment[]; onChoice: (slot: FreeSlotFragment) => void }) {
  return (
    <>
      <p>Najbliższe wolne:</p>
      {slots.map((slot) => (
        <button type="button" key={slot.id} onClick={() => onChoice(slot)}>
          {moment(slot.startsAt)} · {slot.doctor.fullName}
        </button>
      ))}
    </>
  );
}

function Override({ onReason }: { onReason: (reason: string) => void }) {
  const [reason, setReason] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onReason(reason);
      }}
    >
      <label>
        Dlaczego mimo to (zostaje w dzienniku)
        <input value={reason} onChange={(event) => setReason(event.target.value)} required maxLength={500} />
      </label>
      <button>Mimo to</button>
    </form>
  );
}
