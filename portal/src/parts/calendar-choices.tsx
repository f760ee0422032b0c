import { type Choice, FIRST_HOUR, type Hours, hourName, isNarrowed, LAST_HOUR } from "../state/choice";
import { dayOf, distance, shortWeekdayName, weekdayName } from "../state/time";
import { booking } from "../words/booking";
import { common } from "../words/common";
import type { Clinic } from "./calendar";
import { Choices } from "./fields";
import { Icon } from "./icon";
import { PARTS, type PartOfDay } from "./times";

/** On phones the doctors are collapsed, so that the calendar is visible at once. */
const isWide = matchMedia("(min-width: 50em)");

interface DoctorChoiceProps {
  readonly clinic: Clinic;
  readonly chosen: string | null;
  readonly onChoose: (doctor: string | null) => void;
}

export function DoctorChoice({ clinic, chosen, onChoose }: DoctorChoiceProps) {
  const words = booking.value;
  const doctors = clinic.doctors.nodes;
  const isOnly = doctors.length < 2 && (!chosen || chosen === doctors[0]?.id);
  if (isOnly) return null;
  const about = (at: string | undefined) => (at ? distance(dayOf(at)) : words.noTime);
  const choices = [
    { value: "", label: words.anyDoctor, about: about(clinic.nextFreeSlot?.startsAt) },
    ...doctors.map(({ id, fullName, nextFreeSlot }) => ({
      value: id,
      label: fullName,
      about: about(nextFreeSlot?.startsAt),
    })),
  ];
  const name = choices.find(({ value }) => value === (chosen ?? ""))?.label;
  return (
    <details class="filters" open={isWide.matches}>
      <summary>
        <Icon name="doctor" />
        {words.whichDoctor}: {name}
      </summary>
      <Choices
        name="doctor"
        legend={words.whichDoctor}
        choices={choices}
        chosen={chosen ?? ""}
        onChoose={(id) => onChoose(id || null)}
        isOfPeople
      />
    </details>
  );
}

interface FiltersProps {
  readonly choice: Choice;
  readonly onChange: (changed: Partial<Choice>) => void;
}

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];
const EXACT = "exact";
const USUAL: Hours = [8, 18];

export function Filters({ choice, onChange }: FiltersProps) {
  const words = booking.value;
  const { weekdays, part } = choice;
  const isSet = isNarrowed(choice);
  const parts = PARTS.map((name) => ({ value: name, label: words.parts[name].name, about: words.parts[name].range }));
  const isExact = part !== null && typeof part !== "string";
  const choosePart = (value: string) =>
    onChange({ part: value === EXACT ? USUAL : ((value || null) as PartOfDay | null), day: null, month: null });
  return (
    <details class="filters" open={isSet}>
      <summary>
        <Icon name="filter" />
        {isSet ? words.filtersSet : words.filters}
      </summary>
      <WeekdayChoice chosen={weekdays} onChoose={(weekdays) => onChange({ weekdays, day: null, month: null })} />
      <Choices
        name="part"
        legend={words.hours}
        choices={[{ value: "", label: words.anyHour }, ...parts, { value: EXACT, label: words.exactHours }]}
        chosen={isExact ? EXACT : (part ?? "")}
        onChoose={choosePart}
      />
      {isExact && <ExactHours hours={part} onChoose={(hours) => onChange({ part: hours, day: null, month: null })} />}
      {isSet && (
        <button class="button plain" type="button" onClick={() => onChange({ weekdays: [], part: null, day: null })}>
          <Icon name="x" />
          {words.clearFilters}
        </button>
      )}
    </details>
  );
}

interface WeekdayChoiceProps {
  readonly chosen: readonly number[];
  readonly onChoose: (weekdays: readonly number[]) => void;
  readonly isOptional?: boolean;
}

export function WeekdayChoice({ chosen, onChoose, isOptional = false }: WeekdayChoiceProps) {
  const toggle = (day: number) =>
    onChoose(chosen.includes(day) ? chosen.filter((other) => other !== day) : [...chosen, day].sort());
  return (
    <fieldset class="choices">
      <legend>
        {booking.value.weekdays}
        {isOptional && <span class="quiet"> ({common.value.optional})</span>}
      </legend>
      <div class="row week">
        {WEEKDAYS.map((day) => (
          <label class="choice" key={day}>
            <input
              type="checkbox"
              checked={chosen.includes(day)}
              aria-label={weekdayName(day)}
              onChange={() => toggle(day)}
            />
            <span>{shortWeekdayName(day)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Moving one end moves the other if necessary, so that at least an hour remains between them. */
function ExactHours({ hours: [first, last], onChoose }: { hours: Hours; onChoose: (hours: Hours) => void }) {
  const words = booking.value;
  return (
    <div class="hours">
      <HourChoice
        label={words.fromHour}
        from={FIRST_HOUR}
        chosen={first}
        onChoose={(hour) => onChoose([hour, Math.max(last, hour + 1)])}
      />
      <HourChoice
        label={words.untilHour}
        from={FIRST_HOUR + 1}
        chosen={last}
        onChoose={(hour) => onChoose([Math.min(first, hour - 1), hour])}
      />
    </div>
  );
}

interface HourChoiceProps {
  readonly label: string;
  /** The first hour on offer. Both selects offer the same number of hours. */
  readonly from: number;
  readonly chosen: number;
  readonly onChoose: (hour: number) => void;
}

function HourChoice({ label, from, chosen, onChoose }: HourChoiceProps) {
  return (
    <label>
      {label}
      <select onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}>
        {Array.from({ length: LAST_HOUR - FIRST_HOUR }, (_, number) => from + number).map((hour) => (
          <option key={hour} value={hour} selected={hour === chosen}>
            {hourName(hour)}
          </option>
        ))}
      </select>
    </label>
  );
}
