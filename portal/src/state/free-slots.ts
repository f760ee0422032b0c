/** The free days and slots of a clinic, updated live. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { QueryState } from "../api/use-query";
import { useQuery } from "../api/use-query";
import { useLive } from "../api/live";
import { useAllPages } from "../api/pages";
import { FreeDays, type FreeDaysQuery, FreeSlots, SlotChanges } from "../generated/operations";
import type { FreeSlot } from "../parts/times";
import { booking } from "../words/booking";
import { type Choice, hoursOf, namesOf } from "./choice";
import { announce } from "./notice";
import { addDays, addMonths, beginOf, type Day, dayOf, hour, lastOfMonth, monthOf, today } from "./time";

const BLOCK = 3; // months per query: at most 92 days

/** The period to query for a month. */
function blockOf(month: string, horizon: Day): { from: Day; until: Day } {
  const first = monthOf(today());
  const distance =
    (Number(month.slice(0, 4)) - Number(first.slice(0, 4))) * 12 + Number(month.slice(5)) - Number(first.slice(5));
  const begin = addMonths(first, Math.floor(Math.max(0, distance) / BLOCK) * BLOCK);
  const from = [`${begin}-01`, today()].sort().at(-1) as Day;
  const until = [lastOfMonth(addMonths(begin, BLOCK - 1)), horizon].sort()[0] as Day;
  return { from, until: until < from ? from : until };
}

export interface FreeDaysFound extends QueryState<FreeDaysQuery> {
  readonly days: ReadonlyMap<Day, number>;
}

export function useFreeDays(clinic: string, month: string, horizon: Day, choice: Choice): FreeDaysFound {
  const { from, until } = blockOf(month, horizon);
  const { earliest, latest } = hoursOf(choice);
  const query = useQuery(FreeDays, {
    clinic,
    doctor: choice.doctor,
    from,
    until,
    earliest,
    latest,
    weekdays: namesOf(choice.weekdays),
  });
  const days = useMemo(
    () => new Map(query.data?.freeDays.map(({ date, freeSlots }) => [date, freeSlots] as const)),
    [query.data],
  );
  return { ...query, days };
}

export function useFreeSlots(clinic: string, day: Day | undefined, choice: Choice) {
  const { earliest, latest } = hoursOf(choice);
  const filter = day && {
    clinicId: clinic,
    doctorIds: choice.doctor ? [choice.doctor] : null,
    from: beginOf(day),
    until: beginOf(addDays(day, 1)),
    earliest,
    latest,
  };
  return useAllPages(FreeSlots, filter ? { filter } : null, ({ freeSlots }) => freeSlots);
}

interface Change {
  readonly isFree: boolean;
  readonly slot: FreeSlot;
}

const SETTLE = 1_500; // milliseconds: a burst of changes causes a single query

/** The slots of a day, kept up to date as slots are taken and become free. */
export function useLiveSlots(
  clinic: string,
  shown: readonly FreeSlot[] | undefined,
  fits: (slot: FreeSlot) => boolean,
  refresh: () => void,
): readonly FreeSlot[] | undefined {
  const [changes, setChanges] = useState<ReadonlyMap<string, Change>>(new Map());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setChanges(new Map()), [shown]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(refresh, SETTLE);
  };
  useLive(
    SlotChanges,
    { clinic },
    {
      onConnected: settle,
      onChange: ({ slotChanges: change }) => {
        setChanges((before) => new Map(before).set(change.slot.id, change));
        if (!change.isFree && shown?.some(({ id }) => id === change.slot.id))
          announce(() => booking.value.gone(hour(change.slot.startsAt)));
        settle();
      },
    },
  );
  if (!shown || !changes.size) return shown;
  const kept = shown.filter(({ id }) => changes.get(id)?.isFree !== false);
  const fresh = [...changes.values()]
    .filter(({ isFree, slot }) => isFree && fits(slot) && !kept.some(({ id }) => id === slot.id))
    .map(({ slot }) => slot);
  return [...kept, ...fresh].sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt));
}

export function fitting(day: Day | undefined, choice: Choice): (slot: FreeSlot) => boolean {
  const { earliest, latest } = hoursOf(choice);
  return ({ startsAt, doctor }) => {
    const at = hour(startsAt);
    const isWanted = !choice.doctor || doctor.id === choice.doctor;
    return isWanted && dayOf(startsAt) === day && (!earliest || at >= earliest) && (!latest || at <= latest);
  };
}
