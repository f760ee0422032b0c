// Arranges slots in the columns of a time grid: pure functions that render nothing.
import type { DaySheetQuery } from "../../generated";
import { dayOf, minutesOf } from "../../time";
import type { CellState } from "../../words/states";

export type Cell = DaySheetQuery["slots"]["nodes"][number];
export type SheetVisit = NonNullable<Cell["visit"]>;

export interface Column {
  key: string;
  title: string;
  subtitle: string;
  cells: Cell[];
}

export interface Scale {
  from: number;
  until: number;
  perMinute: number;
}

const LEAST_HEIGHT = 38; // pixels: two lines of text
const MOST_PER_MINUTE = 3.2;
const HOUR = 60;

export const stateOf = (cell: Cell): CellState =>
  cell.state === "BOOKED" ? (cell.visit?.status ?? "BOOKED") : cell.state;
/** Whether the patient has confirmed the visit and it can take place. */
export const isConfirmed = ({ status, confirmedAt, doctorIsAbsent }: SheetVisit) =>
  status === "BOOKED" && Boolean(confirmedAt) && !doctorIsAbsent;
export const isFree = (cell: Cell) => cell.state === "FREE";

const byTime = (a: Cell, b: Cell) => (a.startsAt < b.startsAt ? -1 : 1);
const polish = new Intl.Collator("pl");

function grouped(cells: Cell[], keyOf: (cell: Cell) => string, titled: (cells: Cell[]) => [string, string]): Column[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) groups.set(keyOf(cell), [...(groups.get(keyOf(cell)) ?? []), cell]);
  return [...groups].map(([key, its]) => {
    const [title, subtitle] = titled(its);
    return { key, title, subtitle, cells: its.sort(byTime) };
  });
}

/** A doctor who works in two clinics on a day has two columns. */
export function byDoctor(cells: Cell[]): Column[] {
  const columns = grouped(
    cells,
    (cell) => `${cell.doctor.lastName} ${cell.doctor.id} ${cell.clinic.id}`,
    ([cell]) => [cell!.doctor.fullName, cell!.clinic.name],
  );
  return columns.sort((a, b) => polish.compare(a.key, b.key));
}

export function byDay(cells: Cell[], titleOf: (day: string) => string): Column[] {
  const columns = grouped(
    cells,
    (cell) => dayOf(cell.startsAt),
    (its) => [titleOf(dayOf(its[0]!.startsAt)), [...new Set(its.map((cell) => cell.clinic.name))].join(", ")],
  );
  return columns.sort((a, b) => (a.key < b.key ? -1 : 1));
}

const lengthOf = (cell: Cell) => Math.max(minutesOf(cell.endsAt) - minutesOf(cell.startsAt), 5);

export function scaleOf(columns: Column[]): Scale {
  const cells = columns.flatMap((column) => column.cells);
  if (cells.length === 0) return { from: 8 * HOUR, until: 16 * HOUR, perMinute: 1 };
  const shortest = Math.min(...cells.map(lengthOf));
  const from = Math.min(...cells.map((cell) => minutesOf(cell.startsAt)));
  const until = Math.max(...cells.map((cell) => minutesOf(cell.startsAt) + lengthOf(cell)));
  const perMinute = Math.min(LEAST_HEIGHT / shortest, MOST_PER_MINUTE);
  return { from: Math.floor(from / HOUR) * HOUR, until: Math.ceil(until / HOUR) * HOUR, perMinute };
}

export const topOf = (cell: Cell, scale: Scale) => (minutesOf(cell.startsAt) - scale.from) * scale.perMinute;
export const heightOf = (cell: Cell, scale: Scale) => lengthOf(cell) * scale.perMinute - 2;

export function hoursOf(scale: Scale): number[] {
  return Array.from({ length: (scale.until - scale.from) / HOUR + 1 }, (_, hour) => scale.from + hour * HOUR);
}

export type Step = "up" | "down" | "left" | "right" | "first" | "last";

const nearest = (cells: Cell[], to: Cell) =>
  cells.reduce((best, cell) =>
    Math.abs(minutesOf(cell.startsAt) - minutesOf(to.startsAt)) <
    Math.abs(minutesOf(best.startsAt) - minutesOf(to.startsAt))
      ? cell
      : best,
  );

/** The slot that an arrow key moves to. */
export function stepFrom(columns: Column[], id: string, step: Step): Cell | undefined {
  const x = columns.findIndex((column) => column.cells.some((cell) => cell.id === id));
  const column = columns[x];
  if (!column) return columns[0]?.cells[0];
  const y = column.cells.findIndex((cell) => cell.id === id);
  if (step === "first") return column.cells[0];
  if (step === "last") return column.cells.at(-1);
  if (step === "up" || step === "down") return column.cells[y + (step === "up" ? -1 : 1)] ?? column.cells[y];
  const beside = columns[x + (step === "left" ? -1 : 1)];
  return beside ? nearest(beside.cells, column.cells[y]!) : column.cells[y];
}
