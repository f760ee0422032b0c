/** Whether e-registration is open, updated while the page stays open. */

import { computed, signal } from "@preact/signals";
import { inBoth } from "./language";
import { hours } from "./session";
import { addDays, dayOf, hour, longDay, now, today } from "./time";

const tick = signal(0);
setInterval(() => (tick.value += 1), 10_000);

const between = computed(() => {
  void tick.value;
  const known = hours.value;
  if (!known) return { isOpen: true, next: "" };
  // The last answer holds until the next opening or closing.
  const turns = [
    { at: known.nextOpening, opens: true },
    { at: known.nextClosing, opens: false },
  ].filter(({ at }) => Date.parse(at) <= now());
  const last = turns.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).at(-1);
  const isOpen = last ? last.opens : known.isOpen;
  return { isOpen, next: known.nextOpening };
});

export const isClosed = computed(() => !between.value.isOpen);

const joined = inBoth(
  {
    today: (at: string) => `o ${at}`,
    tomorrow: (at: string) => `jutro o ${at}`,
    later: (day: string, at: string) => `${day} o ${at}`,
  },
  {
    today: (at: string) => `at ${at}`,
    tomorrow: (at: string) => `tomorrow at ${at}`,
    later: (day: string, at: string) => `${day} at ${at}`,
  },
);

/** o 7:00, jutro o 7:00 */
export function whenOf(moment: string): string {
  const day = dayOf(moment);
  if (day === today()) return joined.value.today(hour(moment));
  if (day === addDays(today(), 1)) return joined.value.tomorrow(hour(moment));
  return joined.value.later(longDay(day), hour(moment));
}

export const opening = (): string => whenOf(between.value.next);
