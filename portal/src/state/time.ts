/** The centre's wall clock, independent of the clock and time zone of the device. */

import { computed, signal } from "@preact/signals";
import { inBoth, language } from "./language";

/** A local day, 2026-11-24. */
export type Day = string;

export const zone = signal("Europe/Warsaw");
const ahead = signal(0); // the server's clock minus the device's, in milliseconds

export function setClock(serverNow: string): void {
  ahead.value = Date.parse(serverNow) - Date.now();
}

export const now = (): number => Date.now() + ahead.value;

const locale = computed(() => (language.value === "pl" ? "pl-PL" : "en-GB"));

function format(options: Intl.DateTimeFormatOptions, timeZone?: string) {
  const made = computed(() => new Intl.DateTimeFormat(locale.value, { timeZone: timeZone ?? zone.value, ...options }));
  return (moment: number) => made.value.format(moment);
}

const asDay = computed(() => new Intl.DateTimeFormat("sv-SE", { timeZone: zone.value, dateStyle: "short" }));
const sayHour = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const sayDay = format({ weekday: "long", day: "numeric", month: "long" }, "UTC");
const sayDated = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }, "UTC");
const sayShortDay = format({ weekday: "short", day: "numeric", month: "short" }, "UTC");
const sayMonth = format({ month: "long", year: "numeric" }, "UTC");
const sayWeekday = format({ weekday: "long" }, "UTC");

/** Noon in UTC, so that no change of clocks affects the counting of days. */
const noon = (day: Day): number => Date.parse(`${day}T12:00:00Z`);
const ofNoon = (moment: number): Day => new Date(moment).toISOString().slice(0, 10);

export const dayOf = (moment: string | number): Day => asDay.value.format(new Date(moment));
export const today = (): Day => dayOf(now());
export const addDays = (day: Day, count: number): Day => ofNoon(noon(day) + count * 86_400_000);
export const daysBetween = (from: Day, to: Day): number => Math.round((noon(to) - noon(from)) / 86_400_000);

/** Monday is 1. */
export const weekdayOf = (day: Day): number => new Date(noon(day)).getUTCDay() || 7;

export const hour = (moment: string | number): string => sayHour(new Date(moment).getTime());
/** Keeps a day on the same line as its month. */
const whole = (text: string): string => text.replace(/(\d) /, "$1\u00a0");
/** wtorek, 24 listopada; with the year if it is not the current one */
export const longDay = (day: Day): string =>
  day.slice(0, 4) === today().slice(0, 4) ? whole(sayDay(noon(day))) : datedDay(day);
const datedDay = (day: Day): string => whole(sayDated(noon(day)));
export const shortDay = (day: Day): string => whole(sayShortDay(noon(day)));
export const monthName = (month: string): string => sayMonth(noon(`${month}-01`));

/** 2024-01-01 was a Monday. */
export const weekdayName = (weekday: number): string => sayWeekday(noon(`2024-01-0${weekday}`));

const shortWeekdays = inBoth(
  ["pn", "wt", "śr", "cz", "pt", "so", "nd"],
  ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
);
export const shortWeekdayName = (weekday: number): string => shortWeekdays.value[weekday - 1] ?? "";

const joined = inBoth(", godz.\u00a0", " at\u00a0");
/** wtorek, 24 listopada, godz. 14:30 */
export const moment = (at: string): string => longDay(dayOf(at)) + joined.value + hour(at);
/** For texts to keep or print: wtorek, 24 listopada 2026, godz. 14:30 */
export const datedMoment = (at: string): string => datedDay(dayOf(at)) + joined.value + hour(at);

const relative = computed(() => new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }));

/** dzisiaj, jutro, za 5 dni, za 3 tygodnie */
export function distance(day: Day): string {
  const days = daysBetween(today(), day);
  return days < 14 ? relative.value.format(days, "day") : relative.value.format(Math.floor(days / 7), "week");
}

/** The instant at which a local day begins, even if the clocks change on it. */
export function beginOf(day: Day): string {
  const utc = Date.parse(`${day}T00:00:00Z`);
  for (let hours = -14; hours <= 14; hours++) {
    const guess = utc + hours * 3_600_000;
    if (dayOf(guess) === day && dayOf(guess - 1) !== day) return new Date(guess).toISOString();
  }
  return new Date(utc).toISOString();
}

export const monthOf = (day: Day): string => day.slice(0, 7);
export function addMonths(month: string, count: number): string {
  const first = new Date(noon(`${month}-01`));
  first.setUTCMonth(first.getUTCMonth() + count);
  return first.toISOString().slice(0, 7);
}
export const lastOfMonth = (month: string): Day => addDays(`${addMonths(month, 1)}-01`, -1);
export const compare = (a: Day, b: Day): number => (a < b ? -1 : a > b ? 1 : 0);

/** 4:05 */
export function minutes(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
