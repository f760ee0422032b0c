import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import { ask } from "../api/ask";
import { AcceptOffer, DeclineOffer, type StandingOfferFragment } from "../generated/operations";
import { say } from "../state/notice";
import { minutes, moment, now } from "../state/time";
import { paths } from "../state/paths";
import { visits } from "../words/visits";
import { useAction } from "./action";
import { Icon } from "./icon";
import { Refused, type SlotRefusal } from "./refused";
import { Box, CallInstead, Outcome } from "./states";
import type { FreeSlot } from "./times";
import { type Appointment, When } from "./visit-card";

export type Offer = StandingOfferFragment;

interface OfferCardProps {
  readonly offer: Offer;
  readonly visit: Appointment | undefined;
  readonly onChange: () => void;
  readonly onAccepted: (visit: string) => void;
}

const SOON = 60 * 60_000;

function useLeft(expiresAt: string, onOver: () => void): number {
  const remaining = () => Date.parse(expiresAt) - now();
  const [left, setLeft] = useState(remaining);
  useEffect(() => {
    const timer = setInterval(() => {
      setLeft(remaining());
      if (remaining() <= 0) {
        clearInterval(timer);
        onOver();
      }
    }, 1000);
    return () => clearInterval(timer);
  }, [expiresAt]);
  return left;
}

/** A slot held for the patient, who accepts or declines it before it expires. */
export function OfferCard({ offer, visit, onChange, onAccepted }: OfferCardProps) {
  const left = useLeft(offer.expiresAt, onChange);
  const words = visits.value;
  const isOver = offer.slot ? offer.answer !== "OPEN" || left <= 0 : !visit?.doctorIsAbsent;
  if (isOver) return <Over offer={offer} visit={visit} />;
  return (
    <article class="card offer">
      <p>
        {offer.reason === "WAITING_LIST" ? words.offerWaiting : words.offerAbsent}
        {visit && <strong> {moment(visit.startsAt)}</strong>}
      </p>
      {offer.slot ? (
        <Offered offer={offer} slot={offer.slot} left={left} {...{ onChange, onAccepted }} />
      ) : (
        <NoSlot visit={offer.visitId} />
      )}
    </article>
  );
}

/** How the offer ended, and what the patient can do now. */
function Over({ offer, visit }: Pick<OfferCardProps, "offer" | "visit">) {
  const words = visits.value;
  if (offer.answer === "ACCEPTED")
    return (
      <Box icon="check" kind="good" title={words.offerAccepted}>
        <p>
          <a href={offer.visitId ? paths.visit(offer.visitId) : paths.visits}>{words.details}</a>
        </p>
      </Box>
    );
  return (
    <Box icon="info" title={words.offerOver}>
      {visit?.doctorIsAbsent && visit.status === "BOOKED" ? (
        <p>
          {words.doctorAbsent} <a href={paths.move(visit.id)}>{words.move}</a>
        </p>
      ) : (
        <p>
          <a href={paths.booking}>{words.book}</a>
        </p>
      )}
      <CallInstead />
    </Box>
  );
}

function NoSlot({ visit }: { visit: string | null }) {
  const words = visits.value;
  return (
    <>
      <p>{words.offerNone}</p>
      {visit && (
        <p class="actions">
          <a class="button" href={paths.move(visit)}>
            {words.move}
          </a>
        </p>
      )}
    </>
  );
}

interface OfferedProps extends Omit<OfferCardProps, "visit"> {
  readonly slot: NonNullable<Offer["slot"]>;
  readonly left: number;
}

function Offered({ offer, slot, left, onChange, onAccepted }: OfferedProps) {
  const [refusal, setRefusal] = useState<SlotRefusal | null>(null);
  const { route } = useLocation();
  const choose = ({ id }: FreeSlot) => route(offer.visitId ? paths.moveTo(id, offer.visitId) : paths.slot(id));
  const words = visits.value;
  const accept = useAction(async () => {
    const { acceptOffer: answer } = await ask(AcceptOffer, { input: { offerId: offer.id } });
    if (answer.__typename === "Visit") {
      say(() => visits.value.accepted);
      return onAccepted(answer.id);
    }
    setRefusal(answer);
  });
  const decline = useAction(async () => {
    await ask(DeclineOffer, { input: { offerId: offer.id } });
    say(() => (offer.visitId ? visits.value.declinedVisit : visits.value.declinedWaiting));
    onChange();
  });
  return (
    <>
      <When at={slot.startsAt} />
      <p class="who">
        <strong>{slot.doctor.fullName}</strong>
        <br />
        {slot.clinic.name}
        <br />
        <span class="quiet">{slot.clinic.address}</span>
      </p>
      <p class="countdown">
        <Icon name="clock" />
        <span>
          {words.offerUntil(moment(offer.expiresAt))} {left < SOON && <strong>{words.offerLeft(minutes(left))}</strong>}
        </span>
      </p>
      {refusal && <Refused refusal={refusal} busy={null} onChoose={choose} />}
      <Outcome action={accept} />
      <Outcome action={decline} />
      <div class="actions">
        <button class="button" type="button" aria-disabled={accept.isBusy} onClick={accept.run}>
          {words.accept}
        </button>
        <button class="button secondary" type="button" aria-disabled={decline.isBusy} onClick={decline.run}>
          {words.decline}
        </button>
      </div>
    </>
  );
}
