import { useState } from "preact/hooks";
import { ask } from "../api/ask";
import { ConfirmVisit } from "../generated/operations";
import { say, warn } from "../state/notice";
import { now } from "../state/time";
import { paths } from "../state/paths";
import { visits } from "../words/visits";
import { CancelDialog } from "./cancel";
import { useAction } from "./action";
import { Icon } from "./icon";
import { Outcome } from "./states";
import type { Appointment } from "./visit-card";

export const isChangeable = ({ status, cancellableUntil }: Appointment): boolean =>
  status === "BOOKED" && Date.parse(cancellableUntil) > now();

interface VisitActionsProps {
  readonly visit: Appointment;
  readonly onChange: () => void;
}

/** The buttons to move and to cancel the visit, as long as it can be changed. */
export function VisitActions({ visit, onChange }: VisitActionsProps) {
  const [isCancelling, setCancelling] = useState(false);
  const words = visits.value;
  if (!isChangeable(visit)) return null;
  return (
    <>
      <a class="button secondary" href={paths.move(visit.id)}>
        <Icon name="swap" />
        {words.move}
      </a>
      <button class="button secondary dangerous" type="button" onClick={() => setCancelling(true)}>
        <Icon name="x" />
        {words.cancel}
      </button>
      {isCancelling && (
        <CancelDialog
          visit={visit}
          onClose={() => setCancelling(false)}
          onDone={() => {
            setCancelling(false);
            onChange();
          }}
        />
      )}
    </>
  );
}

export function ConfirmButton({ visit, onChange }: VisitActionsProps) {
  const action = useAction(async () => {
    const { confirmVisit: answer } = await ask(ConfirmVisit, { input: { visitId: visit.id } });
    const isDone = answer.__typename === "Visit";
    if (isDone) say(() => visits.value.confirmed);
    else warn(() => visits.value.notChangeable);
    onChange();
  });
  if (visit.status !== "BOOKED" || visit.confirmedAt || visit.doctorIsAbsent || Date.parse(visit.startsAt) <= now())
    return null;
  return (
    <>
      <Outcome action={action} />
      <button class="button secondary" type="button" aria-disabled={action.isBusy} onClick={action.run}>
        <Icon name="check" />
        {visits.value.confirm}
      </button>
    </>
  );
}

export function CalendarLink({ visit }: { visit: Appointment }) {
  return (
    <a class="button secondary" href={paths.calendarFile(visit.id)} target="_top">
      <Icon name="calendar" />
      {visits.value.calendar}
    </a>
  );
}

export function PrintButton() {
  return (
    <button class="button plain" type="button" onClick={() => print()}>
      <Icon name="print" />
      {visits.value.print}
    </button>
  );
}
