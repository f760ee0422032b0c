/** The choices in a calendar, stored in the address. */

import { useLocation } from "preact-iso";
import type { Weekday } from "../generated/operations";
import { type PartOfDay, SPANS } from "../parts/times";
import type { Day } from "./time";

export interface Choice {
  readonly doctor: string | null;
  readonly day: Day | null;
  readonly month: string | null;
  readonly weekdays: readonly number[];
  readonly part: PartOfDay | Hours | null;
}

/** Whole hours: 16-18 means from 16:00 until before 18:00. */
export type Hours = readonly [first: number, last: number];
export const FIRST_HOUR = 6;
export const LAST_HOUR = 22;

const PARTS: Readonly<Record<string, PartOfDay>> = { rano: "morning", poludnie: "midday", popoludnie: "afternoon" };
const WEEKDAYS: readonly Weekday[] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
export const ANY_DOCTOR = "dowolny";

/** rano, or 16-18 */
function partIn(text: string): PartOfDay | Hours | null {
  const [first = NaN, last = NaN] = text.split("-").map(Number);
  const areHours = FIRST_HOUR <= first && first < last && last <= LAST_HOUR;
  return PARTS[text] ?? (areHours ? [Math.floor(first), Math.ceil(last)] : null);
}

const partAsText = (part: PartOfDay | Hours): string =>
  typeof part === "string" ? (Object.keys(PARTS).find((name) => PARTS[name] === part) as string) : part.join("-");

/** The earliest and the latest time of day; null: any. */
export function hoursOf({ part }: Choice): { readonly earliest: string | null; readonly latest: string | null } {
  if (!part) return { earliest: null, latest: null };
  if (typeof part === "string") return SPANS[part];
  const [first, last] = part;
  return { earliest: hourName(first), latest: `${String(last - 1).padStart(2, "0")}:59` };
}

export const isNarrowed = ({ weekdays, part }: Choice): boolean => weekdays.length > 0 || part !== null;

export const hourName = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

/** 135: Monday, Wednesday, Friday */
export const weekdaysIn = (text: string): number[] => [...text].map(Number).filter((day) => day >= 1 && day <= 7);

const matching = (text: string | undefined, form: RegExp): string | null => (text && form.test(text) ? text : null);

export function useChoice(defaultDoctor: string | null): readonly [Choice, (change: Partial<Choice>) => void] {
  const { path, query, route } = useLocation();
  const doctor = query["lekarz"] ?? defaultDoctor;
  const choice: Choice = {
    doctor: doctor === ANY_DOCTOR ? null : doctor,
    day: matching(query["dzien"], /^20\d\d-\d\d-\d\d$/),
    month: matching(query["miesiac"], /^20\d\d-(0[1-9]|1[012])$/),
    weekdays: weekdaysIn(query["dni"] ?? ""),
    part: partIn(query["pora"] ?? ""),
  };
  const change = (changed: Partial<Choice>) => {
    const { doctor, day, month, weekdays, part } = { ...choice, ...changed };
    const params = new URLSearchParams({
      ...(doctor ? { lekarz: doctor } : defaultDoctor ? { lekarz: ANY_DOCTOR } : {}),
      ...(day && { dzien: day }),
      ...(month && { miesiac: month }),
      ...(weekdays.length && { dni: weekdays.join("") }),
      ...(part && { pora: partAsText(part) }),
    });
    const text = params.toString();
    route(text ? `${path}?${text}` : path, true);
  };
  return [choice, change];
}

export const daysOf = (names: readonly Weekday[]): number[] => names.map((name) => WEEKDAYS.indexOf(name) + 1);

export const namesOf = (weekdays: readonly number[]): Weekday[] | null =>
  weekdays.length ? weekdays.map((day) => WEEKDAYS[day - 1] as Weekday) : null;
