import { useEffect, useRef, useState } from "preact/hooks";
import {
  addDays,
  addMonths,
  type Day,
  lastOfMonth,
  longDay,
  monthName,
  monthOf,
  shortWeekdayName,
  today,
  weekdayName,
  weekdayOf,
} from "../state/time";
import { booking } from "../words/booking";
import { Icon } from "./icon";

interface MonthProps {
  readonly month: string;
  readonly last: Day;
  readonly free: ReadonlyMap<Day, number>;
  readonly chosen: Day | undefined;
  readonly isLoading: boolean;
  readonly onMonth: (month: string) => void;
  readonly onChoose: (day: Day, isPointed: boolean) => void;
}

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

/** The weeks of a month, without those before the first day. */
function weeksOf(month: string, from: Day): (Day | null)[][] {
  const first = `${month}-01`;
  const count = Number(lastOfMonth(month).slice(8));
  const cells = [
    ...Array<null>(weekdayOf(first) - 1).fill(null),
    ...Array.from({ length: count }, (_, index) => addDays(first, index)),
  ];
  while (cells.length % 7) cells.push(null);
  const weeks = Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(7 * week, 7 * week + 7));
  return weeks.filter((week) => week.some((day) => day && day >= from));
}

const STEPS: Readonly<Record<string, (day: Day) => Day>> = {
  ArrowLeft: (day) => addDays(day, -1),
  ArrowRight: (day) => addDays(day, 1),
  ArrowUp: (day) => addDays(day, -7),
  ArrowDown: (day) => addDays(day, 7),
  Home: (day) => addDays(day, 1 - weekdayOf(day)),
  End: (day) => addDays(day, 7 - weekdayOf(day)),
  PageUp: (day) => sameDayOf(addMonths(monthOf(day), -1), day),
  PageDown: (day) => sameDayOf(addMonths(monthOf(day), 1), day),
};

function sameDayOf(month: string, day: Day): Day {
  const last = lastOfMonth(month);
  const same = `${month}-${day.slice(8)}`;
  return same > last ? last : same;
}

/** A month with selectable free days (the ARIA pattern of a date grid). */
export function Month(props: MonthProps) {
  const { month, last, free, chosen, isLoading, onMonth, onChoose } = props;
  const grid = useRef<HTMLTableElement>(null);
  const [wanted, setWanted] = useState<Day | null>(null);
  const first = today();
  useEffect(() => {
    if (wanted) focus(grid.current, wanted);
  }, [wanted, month]);
  const onKey = (event: KeyboardEvent) => {
    const from = (event.target as HTMLElement).dataset["day"];
    const step = STEPS[event.key];
    if (!from || !step) return;
    event.preventDefault();
    const day = [step(from), first].sort().at(-1) as Day;
    const to = [day, last].sort()[0] as Day;
    setWanted(to);
    focus(grid.current, to); // at once, in case keys are pressed fast; in another month, after it is rendered
    if (monthOf(to) !== month) onMonth(monthOf(to));
  };
  const reachable = entry(props, wanted);
  return (
    <div class={isLoading ? "month waiting" : "month"}>
      <MonthHead {...{ month, first, last, onMonth }} />
      <table role="grid" aria-label={booking.value.calendar} aria-busy={isLoading} ref={grid} onKeyDown={onKey}>
        <thead>
          <tr>
            {WEEKDAYS.map((weekday) => (
              <th scope="col" abbr={weekdayName(weekday)} key={weekday}>
                {shortWeekdayName(weekday)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeksOf(month, first).map((week, row) => (
            <tr key={row}>
              {week.map((day, column) =>
                day ? (
                  <DayCell
                    key={day}
                    day={day}
                    count={day < first || day > last ? 0 : (free.get(day) ?? 0)}
                    isToday={day === first}
                    isChosen={day === chosen}
                    isReachable={day === reachable}
                    onChoose={onChoose}
                  />
                ) : (
                  <td key={column} />
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function focus(grid: HTMLTableElement | null, day: Day): void {
  grid?.querySelector<HTMLButtonElement>(`[data-day="${day}"]`)?.focus();
}

/** The day that Tab reaches; arrow keys reach the others. */
function entry({ month, chosen, free }: MonthProps, wanted: Day | null): Day {
  const here = (day: Day | null | undefined): day is Day => !!day && monthOf(day) === month;
  if (here(wanted)) return wanted;
  if (here(chosen)) return chosen;
  const firstFree = [...free.keys()].find(here);
  return firstFree ?? (here(today()) ? today() : `${month}-01`);
}

interface MonthHeadProps {
  readonly month: string;
  readonly first: Day;
  readonly last: Day;
  readonly onMonth: (month: string) => void;
}

function MonthHead({ month, first, last, onMonth }: MonthHeadProps) {
  const words = booking.value;
  const turn = (count: number, isPossible: boolean, label: string, icon: "left" | "right") => (
    <button
      class="button plain round"
      type="button"
      aria-label={label}
      aria-disabled={!isPossible}
      onClick={() => isPossible && onMonth(addMonths(month, count))}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <div class="month-head">
      {turn(-1, month > monthOf(first), words.previousMonth, "left")}
      <h2 aria-live="polite">{monthName(month)}</h2>
      {turn(1, month < monthOf(last), words.nextMonth, "right")}
    </div>
  );
}

interface DayCellProps {
  readonly day: Day;
  readonly count: number;
  readonly isToday: boolean;
  readonly isChosen: boolean;
  readonly isReachable: boolean;
  readonly onChoose: (day: Day, isPointed: boolean) => void;
}

function DayCell({ day, count, isToday, isChosen, isReachable, onChoose }: DayCellProps) {
  const words = booking.value;
  const label = [longDay(day), isToday && words.today, count ? words.free(count) : words.noneOnDay];
  return (
    <td role="gridcell" aria-selected={isChosen}>
      <button
        type="button"
        class={count ? "day free" : "day"}
        data-day={day}
        tabIndex={isReachable ? 0 : -1}
        aria-label={label.filter(Boolean).join(", ")}
        aria-disabled={!count}
        {...(isToday && { "aria-current": "date" as const })}
        onClick={({ detail }) => count && onChoose(day, detail > 0)} // a click made with the keyboard has the detail 0
      >
        {Number(day.slice(8))}
      </button>
    </td>
  );
}
