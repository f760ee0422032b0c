import { useLocation } from "preact-iso";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Fault } from "../api/fault";
import { sendFailure } from "../api/send-failure";
import type { ClinicCalendarQuery } from "../generated/operations";
import { type Choice, isNarrowed, useChoice } from "../state/choice";
import { fitting, useFreeDays, useFreeSlots, useLiveSlots } from "../state/free-slots";
import { forgo, hold } from "../state/hold";
import { announce, hush, warn } from "../state/notice";
import { standing } from "../state/session";
import { addDays, addMonths, type Day, dayOf, distance, longDay, monthOf, today } from "../state/time";
import { paths } from "../state/paths";
import { booking } from "../words/booking";
import { common } from "../words/common";
import { DoctorChoice, Filters } from "./calendar-choices";
import { Icon } from "./icon";
import { Month } from "./month";
import { Refused, type SlotRefusal } from "./refused";
import { Box, Failed, Loading } from "./states";
import { type FreeSlot, Times } from "./times";
import { WaitingForm } from "./waiting-form";

export type Clinic = Extract<NonNullable<ClinicCalendarQuery["node"]>, { __typename: "Clinic" }>;

interface CalendarProps {
  readonly clinic: Clinic;
  /** The visit to move, with its doctor, whose calendar opens first. */
  readonly moving?: { readonly visit: string; readonly doctor: string };
}

/** Holds the chosen slot. If that is refused, the calendar explains it and keeps every choice. */
function useSlotChoice(moving: string | undefined, onLost: () => void) {
  const { route } = useLocation();
  const [busy, setBusy] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<SlotRefusal | null>(null);
  const requested = useRef<string | null>(null);
  const leave = () => {
    const id = requested.current;
    requested.current = null;
    hush();
    if (id) forgo(id);
  };
  useLayoutEffect(() => leave, []);
  const choose = async ({ id }: FreeSlot) => {
    const way = moving ? paths.moveTo(id, moving) : paths.slot(id);
    if (busy) return;
    if (standing.value !== "patient") return route(way);
    setBusy((requested.current = id));
    try {
      const answer = await hold(id, moving ?? null, () => warn(() => common.value.stillTrying));
      hush();
      if (!answer) return;
      if (answer.__typename === "SlotHold") return route(way);
      setRefusal(answer);
      onLost();
    } catch (error) {
      hush();
      if (!requested.current) return; // the patient has left
      if (error instanceof Fault && error.code === "UNAUTHENTICATED") return route(way); // that screen asks to log in
      warn(sendFailure(error));
    } finally {
      setBusy(null);
    }
  };
  return { busy, refusal, choose: (slot: FreeSlot) => void choose(slot), forget: () => setRefusal(null) };
}

export function Calendar({ clinic, moving }: CalendarProps) {
  const [choice, change] = useChoice(moving?.doctor ?? null);
  const horizon = addDays(today(), clinic.rules.daysAhead);
  const next = nextFreeSlotOf(clinic, choice);
  const wantedMonth = choice.month ?? monthOf(choice.day ?? (next && dayOf(next)) ?? today());
  const days = useFreeDays(clinic.id, wantedMonth, horizon, choice);
  const month = monthToShow(wantedMonth, horizon, choice, next, days.days);
  const firstFree = [...days.days.keys()].find((day) => monthOf(day) === month);
  const day = choice.day && monthOf(choice.day) === month ? choice.day : firstFree;
  const slots = useFreeSlots(clinic.id, day, choice);
  const refresh = () => {
    days.refresh();
    slots.refresh();
  };
  const shown = useLiveSlots(clinic.id, slots.nodes, fitting(day, choice), refresh);
  const picked = useSlotChoice(moving?.visit, refresh);
  const choose = (changed: Partial<Choice>) => {
    picked.forget();
    change(changed);
  };
  const words = booking.value;
  const isEmpty = days.data !== undefined && !next && days.days.size === 0;
  return (
    <>
      {picked.refusal && <Refused refusal={picked.refusal} busy={picked.busy} onChoose={picked.choose} />}
      <DoctorChoice
        clinic={clinic}
        chosen={choice.doctor}
        onChoose={(doctor) => choose({ doctor, day: null, month: null })}
      />
      <Filters choice={choice} onChange={choose} />
      <div class="calendar">
        <section aria-label={words.calendar}>
          {days.data && !firstFree && (
            <Box icon="info">
              <p>{isNarrowed(choice) ? words.narrowEmpty : isEmpty ? words.allEmpty : words.monthEmpty}</p>
            </Box>
          )}
          <Month
            month={month}
            last={horizon}
            free={days.days}
            chosen={day}
            isLoading={!days.data}
            onMonth={(month) => choose({ month, day: null })}
            onChoose={(day, isPointed) => {
              choose({ day, month: null });
              if (isPointed) showDay();
            }}
          />
          {days.fault && !days.data && <Failed fault={days.fault} retry={days.reload} />}
          {days.data && (!isEmpty || isNarrowed(choice)) && (
            <NextFreeDay {...{ month, day, horizon, next }} free={[...days.days.keys()]} onChoose={choose} />
          )}
        </section>
        <section aria-live="off" aria-labelledby="day">
          {day && <DayHead day={day} />}
          {day && !shown && (slots.fault ? <Failed fault={slots.fault} retry={slots.reload} /> : <Loading />)}
          {day &&
            shown &&
            (shown.length ? (
              <Times slots={shown} busy={picked.busy} onChoose={picked.choose} />
            ) : (
              <p>{words.dayEmpty}</p>
            ))}
          {day && slots.restFault && <Failed fault={slots.restFault} retry={slots.reload} />}
          {!moving && (
            <WaitingForm
              clinic={clinic.id}
              choice={choice}
              isOpen={isEmpty || (days.data !== undefined && !firstFree)}
            />
          )}
        </section>
      </div>
    </>
  );
}

/** The requested month, else that of the first free day. */
function monthToShow(
  wantedMonth: string,
  horizon: Day,
  { month, day }: Choice,
  next: string | undefined,
  free: ReadonlyMap<Day, number>,
): string {
  const [first] = free.keys();
  const wanted = month || day || next || !first ? wantedMonth : monthOf(first);
  return [wanted, monthOf(horizon)].sort()[0] as string;
}

function nextFreeSlotOf(clinic: Clinic, choice: Choice): string | undefined {
  if (isNarrowed(choice)) return undefined; // the server's next slot ignores the filters
  const { doctor } = choice;
  const whose = doctor ? clinic.doctors.nodes.find(({ id }) => id === doctor) : clinic;
  return whose?.nextFreeSlot?.startsAt;
}

const isNarrow = matchMedia("(max-width: 56em)");
const isStill = matchMedia("(prefers-reduced-motion: reduce)");

/** After a tap, scrolls to the day, which is below the month on a phone; keyboard users stay in the month. */
function showDay(): void {
  const head = document.getElementById("day");
  if (!head || !isNarrow.matches || head.getBoundingClientRect().top < innerHeight / 3) return;
  head.scrollIntoView({ behavior: isStill.matches ? "auto" : "smooth" });
}

function DayHead({ day }: { day: Day }) {
  return (
    <h2 id="day" class="day-head">
      {longDay(day)} <span class="quiet">({distance(day)})</span>
    </h2>
  );
}

interface NextFreeDayProps {
  readonly month: string;
  readonly day: Day | undefined;
  readonly horizon: Day;
  readonly next: string | undefined;
  readonly free: readonly Day[];
  readonly onChoose: (changed: Partial<Choice>) => void;
}

/** Leads to the next free day, or to the next month if none is known. */
function NextFreeDay({ month, day, horizon, next, free, onChoose }: NextFreeDayProps) {
  const words = booking.value;
  const from = day ?? `${month}-01`;
  const later = free.find((candidate) => candidate > from);
  const first = next && dayOf(next) > from ? dayOf(next) : undefined;
  const target = later ?? first;
  const onward = addMonths(month, 1);
  if (!target && onward > monthOf(horizon)) return null;
  const go = () => {
    if (target) announce(() => longDay(target));
    onChoose(target ? { day: target, month: null } : { month: onward, day: null });
  };
  return (
    <p class="actions">
      <button class="button secondary" type="button" onClick={go}>
        {target ? words.nextFreeDay : words.nextMonth}
        <Icon name="right" />
      </button>
    </p>
  );
}
