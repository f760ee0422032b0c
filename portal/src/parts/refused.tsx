import { useEffect, useRef } from "preact/hooks";
import { unknownRefusal } from "../api/unknown-refusal";
import { whenOf } from "../state/hours";
import { moment } from "../state/time";
import { paths } from "../state/paths";
import { booking, review } from "../words/booking";
import { common } from "../words/common";
import { visits } from "../words/visits";
import { useErrorInTitle } from "./screen";
import { Alternatives, type FreeSlot } from "./times";
import { CallInstead } from "./states";

/** Every refusal that a patient can meet when choosing a slot. */
export type SlotRefusal =
  | { readonly __typename: "SlotTaken"; readonly alternatives: readonly FreeSlot[] }
  | { readonly __typename: "SlotNotBookable"; readonly reason: keyof ReturnType<typeof reasons> }
  | { readonly __typename: "VisitsOverlap"; readonly visit?: Other; readonly message: string }
  | { readonly __typename: "TooManyVisits"; readonly limit?: number; readonly message: string }
  | { readonly __typename: "OutsideServiceHours"; readonly opensAt: string }
  | { readonly __typename: "SlotNotFound" | "VisitNotChangeable" | "VisitNotFound" | "OfferOver" | "OfferNotFound" }
  | { readonly __typename: "ClinicNotYours" } // occurs only at reception
  | { readonly __typename: "KeyReused" };

interface Other {
  readonly id: string;
  readonly startsAt: string;
}

const reasons = () => review.value.notBookable;

interface Said {
  readonly title: string;
  readonly text: string;
  readonly link?: { readonly href: string; readonly label: string };
  readonly alternatives?: readonly FreeSlot[];
}

function saidOf(refusal: SlotRefusal): Said {
  const words = review.value;
  const title = words.notBookableTitle;
  switch (refusal.__typename) {
    case "SlotTaken": {
      const { alternatives } = refusal;
      const text = alternatives.length ? booking.value.takenWhy : booking.value.takenNone;
      return { title: booking.value.taken, text, alternatives };
    }
    case "SlotNotBookable":
      return { title, text: words.notBookable[refusal.reason] };
    case "VisitsOverlap":
      return { title, ...overlap(refusal.visit, refusal.message) };
    case "TooManyVisits": {
      const text = refusal.limit ? words.tooMany(refusal.limit) : refusal.message;
      return { title, text, link: { href: paths.visits, label: visits.value.allVisits } };
    }
    case "OutsideServiceHours":
      return { title, text: common.value.closedAct(whenOf(refusal.opensAt)) };
    case "SlotNotFound":
      return { title, text: words.notFound };
    case "VisitNotChangeable":
      return { title, text: words.notChangeable };
    case "VisitNotFound":
      return { title, text: visits.value.notFound };
    case "KeyReused":
      return { title, text: common.value.notSent };
    case "OfferOver":
    case "OfferNotFound":
    case "ClinicNotYours":
      return { title, text: visits.value.offerOver };
    default:
      return { title, text: unknownRefusal(refusal) };
  }
}

function overlap(visit: Other | undefined, message: string): Pick<Said, "text" | "link"> {
  const words = review.value;
  if (!visit) return { text: message };
  return { text: words.overlap(moment(visit.startsAt)), link: { href: paths.visit(visit.id), label: words.seeOther } };
}

interface RefusedProps {
  readonly refusal: SlotRefusal;
  readonly busy: string | null;
  readonly onChoose: (slot: FreeSlot) => void;
}

/** Explains a refusal where the choice was made, and offers what the patient can do. */
export function Refused({ refusal, busy, onChoose }: RefusedProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [refusal]);
  useErrorInTitle(true);
  const { title, text, link, alternatives = [] } = saidOf(refusal);
  return (
    <div class="summary" role="alert" tabIndex={-1} ref={box}>
      <h2>{title}</h2>
      <p>{text}</p>
      {link && (
        <p>
          <a href={link.href}>{link.label}</a>
        </p>
      )}
      {alternatives.length > 0 && <Alternatives slots={alternatives} busy={busy} onChoose={onChoose} />}
      {refusal.__typename !== "SlotTaken" && <CallInstead />}
    </div>
  );
}
