// The clinic's wall clock, whatever this computer's time zone: local times in answers are shown unchanged.
import { page } from "./page";

export const dayOf = (instant: string) => instant.slice(0, 10);
export const timeOf = (instant: string) => instant.slice(11, 16);

export function minutesOf(instant: string): number {
  return Number(instant.slice(11, 13)) * 60 + Number(instant.slice(14, 16));
}

const atCentre = new Intl.DateTimeFormat("sv-SE", { timeZone: page.timeZone, dateStyle: "short", timeStyle: "short" });

/** The centre's current time, such as 2026-11-23T09:00. */
export const now = () => atCentre.format(new Date()).replace(" ", "T");

export const today = () => dayOf(now());
export const hasBegun = (instant: string) => instant.slice(0, 16) <= now();

const utc = (day: string) => new Date(`${day}T00:00:00Z`);

export function addDays(day: string, days: number): string {
  const moved = utc(day);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** The Monday of the day's week. */
export const mondayOf = (day: string) => addDays(day, -((utc(day).getUTCDay() + 6) % 7));
export const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(utc(text).getTime());

const long = new Intl.DateTimeFormat("pl", {
  timeZone: "UTC",
  weekday: "long",
  day: "numeric",
  month: "long",
  year: "numeric",
});
const short = new Intl.DateTimeFormat("pl", { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" });

export const longDay = (day: string) => long.format(utc(day));
export const shortDay = (day: string) => short.format(utc(day));
const yearOf = (day: string) => day.slice(0, 4);

/** The year is included if it is not the current one. */
export function moment(instant: string): string {
  const day = dayOf(instant);
  return `${shortDay(day)}${yearOf(day) === yearOf(today()) ? "" : ` ${yearOf(day)}`}, ${timeOf(instant)}`;
}

export const fullMoment = (instant: string) => `${longDay(dayOf(instant))}, godz. ${timeOf(instant)}`;
export const plainDay = (day: string) => day.split("-").reverse().join(".");
