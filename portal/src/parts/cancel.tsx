import { useRef } from "preact/hooks";
import { ask } from "../api/ask";
import { unknownRefusal } from "../api/unknown-refusal";
import { CancelVisit } from "../generated/operations";
import { whenOf } from "../state/hours";
import { say } from "../state/notice";
import { moment } from "../state/time";
import { common } from "../words/common";
import { visits } from "../words/visits";
import { TextArea } from "./fields";
import { done, FormView, refuse, refuseWith, text, useForm } from "./form";
import { useModal } from "./modal";
import type { Appointment } from "./visit-card";

interface CancelProps {
  readonly visit: Appointment;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Names the visit and asks for confirmation. */
export function CancelDialog({ visit, onClose, onDone }: CancelProps) {
  const dialog = useModal();
  const key = useRef(crypto.randomUUID());
  const form = useForm(`cancel-${visit.id}`, { reason: "" });
  const words = visits.value;
  const cancel = async () => {
    const input = { visitId: visit.id, reason: text(form, "reason").trim() || null, idempotencyKey: key.current };
    const { cancelVisit: answer } = await ask(CancelVisit, { input });
    const title = () => visits.value.cancelTitle;
    switch (answer.__typename) {
      case "Visit":
        done(form);
        say(() => visits.value.cancelDone);
        return onDone();
      case "VisitNotChangeable":
        return refuse(form, { title, text: () => visits.value.notChangeable });
      case "VisitNotFound":
        return refuse(form, { title, text: () => visits.value.notFound });
      case "OutsideServiceHours":
        return refuse(form, { title, text: () => common.value.closedAct(whenOf(answer.opensAt)) });
      case "KeyReused":
        key.current = crypto.randomUUID();
        return refuse(form, { title, text: () => common.value.notSent });
      default:
        return refuseWith(form, title, unknownRefusal(answer));
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="cancel-title" onClose={onClose}>
      <h2 id="cancel-title" tabIndex={-1} autofocus>
        {words.cancelTitle}
      </h2>
      <p>
        <strong>{moment(visit.startsAt)}</strong>
        <br />
        {visit.doctor.fullName}, {visit.clinic.name}
      </p>
      <FormView
        form={form}
        submit={words.cancelYes}
        isDanger
        onSubmit={cancel}
        beside={
          <button class="button secondary" type="button" onClick={() => dialog.current?.close()}>
            {words.cancelNo}
          </button>
        }
      >
        <TextArea form={form} name="reason" label={words.cancelReason} isOptional maxLength={500} />
      </FormView>
    </dialog>
  );
}
