import { useLocation, useRoute } from "preact-iso";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { ask } from "../api/ask";
import { useQuery } from "../api/use-query";
import { Fault } from "../api/fault";
import { BookVisit, RescheduleVisit, Slot as SlotOperation, Visit as VisitOperation } from "../generated/operations";
import { TextArea } from "../parts/fields";
import { done, FormView, text, useForm } from "../parts/form";
import { Icon } from "../parts/icon";
import { Refused, type SlotRefusal } from "../parts/refused";
import { Screen } from "../parts/screen";
import { Box, Failed, Loading, StillTrying } from "../parts/states";
import type { FreeSlot } from "../parts/times";
import { type Appointment, Facts } from "../parts/visit-card";
import { isOnline, tryNow } from "../state/connection";
import { hold, type Hold, held, release, spend } from "../state/hold";
import { announce } from "../state/notice";
import { minutes, moment, now } from "../state/time";
import { paths } from "../state/paths";
import { booking, review } from "../words/booking";
import { common } from "../words/common";

type State = { readonly hold: Hold } | { readonly refusal: SlotRefusal } | { readonly fault: Fault } | null;

/** Holds the slot while this screen is open, and releases it afterwards. */
function useHold(slotId: string, movedId: string | null) {
  const known = held.value?.slot.id === slotId ? held.value : null;
  const [state, setState] = useState<State>(known && { hold: known });
  const [isWaiting, setWaiting] = useState(false);
  const take = async () => {
    try {
      const answer = await hold(slotId, movedId, () => setWaiting(true));
      if (answer) setState(answer.__typename === "SlotHold" ? { hold: answer } : { refusal: answer });
    } catch (error) {
      setState({ fault: error instanceof Fault ? error : new Fault("OTHER") });
    } finally {
      setWaiting(false);
    }
  };
  useLayoutEffect(() => {
    // An ordinary effect runs only after the paint: the slot of a patient who left earlier would not be released.
    if (!known) void take();
    return () => release(slotId);
  }, [slotId]);
  return { state, isWaiting, take: () => void take(), refuse: (refusal: SlotRefusal) => setState({ refusal }) };
}

export function Review() {
  const { params, query } = useRoute();
  const slot = params["slot"] ?? "";
  return <ReviewOf key={slot} slotId={slot} movedId={query["zamiast"] ?? null} />;
}

interface ReviewProps {
  readonly slotId: string;
  readonly movedId: string | null;
}

function ReviewOf({ slotId, movedId }: ReviewProps) {
  const { route } = useLocation();
  const { state, isWaiting, take, refuse } = useHold(slotId, movedId);
  const moved = useQuery(VisitOperation, movedId ? { visit: movedId } : null);
  const old = moved.data?.node?.__typename === "Visit" ? moved.data.node : null;
  const words = review.value;
  const title = movedId ? words.moveTitle : words.title;
  const choose = ({ id }: FreeSlot) => route(movedId ? paths.moveTo(id, movedId) : paths.slot(id), true);
  if (state && "hold" in state) {
    if (movedId && !old)
      return (
        <Screen title={title}>{moved.fault ? <Failed fault={moved.fault} retry={moved.reload} /> : <Loading />}</Screen>
      );
    return <Held hold={state.hold} old={old} title={title} onLost={refuse} onAgain={take} isWaiting={isWaiting} />;
  }
  return (
    <Screen title={title}>
      {!state &&
        (isWaiting ? (
          <Failed fault={new Fault(isOnline.value ? "UNAVAILABLE" : "OFFLINE")} retry={tryNow} />
        ) : (
          <Loading />
        ))}
      {state && "fault" in state && <Failed fault={state.fault} retry={take} />}
      {state && "refusal" in state && (
        <>
          <Refused refusal={state.refusal} busy={null} onChoose={choose} />
          <CalendarOf slotId={slotId} movedId={movedId} />
        </>
      )}
    </Screen>
  );
}

/** A link to the calendar of the slot's doctor. */
function CalendarOf({ slotId, movedId }: ReviewProps) {
  const { data } = useQuery(SlotOperation, { slot: slotId });
  const slot = data?.node?.__typename === "Slot" ? data.node : null;
  const clinic = slot && `${paths.clinic(slot.clinic.id)}?lekarz=${slot.doctor.id}`;
  return (
    <p class="actions">
      <a class="button secondary" href={movedId ? paths.move(movedId) : (clinic ?? paths.booking)}>
        {booking.value.otherTimes}
      </a>
    </p>
  );
}

interface HeldProps {
  readonly hold: Hold;
  readonly old: Appointment | null;
  readonly title: string;
  readonly onLost: (refusal: SlotRefusal) => void;
  readonly onAgain: () => void;
  readonly isWaiting: boolean;
}

function useConfirmation(slotId: string, old: Appointment | null, onLost: (refusal: SlotRefusal) => void) {
  const { route } = useLocation();
  const key = useRef(crypto.randomUUID()); // one key per decision, so that repeated requests book once
  const form = useForm("review", { reason: "" });
  const confirm = async () => {
    const idempotencyKey = key.current;
    const answer = old
      ? (await ask(RescheduleVisit, { input: { visitId: old.id, slotId, idempotencyKey } })).rescheduleVisit
      : (await ask(BookVisit, { input: { slotId, reason: text(form, "reason").trim() || null, idempotencyKey } }))
          .bookVisit;
    if (answer.__typename !== "Visit") {
      key.current = crypto.randomUUID();
      return onLost(answer);
    }
    spend();
    done(form);
    route(paths.booked(answer.id), true);
  };
  return { form, confirm };
}

function Held({ hold: { slot, expiresAt }, old, title, onLost, onAgain, isWaiting }: HeldProps) {
  const { form, confirm } = useConfirmation(slot.id, old, onLost);
  const left = useCountdown(expiresAt);
  const words = review.value;
  const back = old ? paths.move(old.id) : `${paths.clinic(slot.clinic.id)}?lekarz=${slot.doctor.id}`;
  const until = new Date(Date.parse(slot.startsAt) - slot.clinic.rules.cancelUntilMinutes * 60_000).toISOString();
  return (
    <Screen title={title} back={{ href: back, label: words.other }} width="wide">
      <Countdown left={left} onAgain={onAgain} />
      {isWaiting && <StillTrying />}
      <div class="split">
        <div>
          <div class="card">
            {old && (
              <p class="quiet">
                {words.before}: <s>{moment(old.startsAt)}</s>
              </p>
            )}
            <Facts startsAt={slot.startsAt} doctor={slot.doctor.fullName} clinic={slot.clinic} />
          </div>
          <FormView form={form} submit={old ? words.confirmMove : words.confirm} isLarge onSubmit={confirm}>
            {!old && (
              <TextArea
                form={form}
                name="reason"
                label={common.value.reason}
                hint={common.value.reasonLength}
                isOptional
                maxLength={500}
              />
            )}
            <p class="quiet">{words.until(moment(until))}</p>
          </FormView>
        </div>
        <Bring />
      </div>
    </Screen>
  );
}

export function Bring() {
  const words = review.value;
  return (
    <div class="card tinted">
      <h2>{words.bring}</h2>
      <ul class="ticks">
        {words.bringList.map((line) => (
          <li key={line}>
            <Icon name="check" />
            {line}
          </li>
        ))}
      </ul>
    </div>
  );
}

function useCountdown(expiresAt: string): number {
  const remaining = () => Date.parse(expiresAt) - now();
  const [left, setLeft] = useState(remaining);
  useEffect(() => {
    setLeft(remaining());
    const timer = setInterval(() => setLeft(remaining()), 1000);
    return () => clearInterval(timer);
  }, [expiresAt]);
  return left;
}

function Countdown({ left, onAgain }: { left: number; onAgain: () => void }) {
  const words = review.value;
  const isLast = left <= 60_000 && left > 0;
  useEffect(() => {
    if (isLast) announce(() => review.value.oneMinute);
  }, [isLast]);
  if (left > 0)
    return (
      <p class={isLast ? "countdown last" : "countdown"} role="timer">
        <Icon name="clock" />
        <span>{words.held(minutes(left))}</span>
      </p>
    );
  return (
    <div role="alert">
      <Box icon="clock" kind="warn" title={words.lapsed}>
        <p>{words.lapsedWhy}</p>
        <p>
          <button class="button secondary" type="button" onClick={onAgain}>
            {words.holdAgain}
          </button>
        </p>
      </Box>
    </div>
  );
}
