// Keyboard shortcuts for the selected visit; each button shows its letter.
import { mark, type Mark } from "../../actions";
import type { VisitStatus } from "../../generated";
import { personName } from "../../words/people";
import { documentSeenFor, intend } from "./sheetState";
import type { Cell } from "./layout";

export interface Marking {
  as: Mark;
  letter: string;
  text: string;
}

const ARRIVED: Marking = { as: "arrived", letter: "j", text: "Jest na miejscu" };
const FULFILLED: Marking = { as: "fulfilled", letter: "o", text: "Odbyła się" };
const NO_SHOW: Marking = { as: "noShow", letter: "n", text: "Nie przyszedł" };
const UNDO: Marking = { as: "undo", letter: "c", text: "Cofnij" };

/** The actions possible for a visit in this state, the likeliest first. */
export const MARKINGS: Record<VisitStatus, Marking[]> = {
  BOOKED: [ARRIVED, NO_SHOW],
  ARRIVED: [FULFILLED, UNDO],
  FULFILLED: [UNDO],
  NO_SHOW: [{ ...ARRIVED, text: "Jednak jest" }, UNDO],
  CANCELLED: [],
};

export const MOVE = "p";

/** Performs the key's action on the visit; returns whether the key has one. */
export function press(key: string, cell: Cell): boolean {
  const visit = cell.visit;
  if (!visit) return false;
  const marking = MARKINGS[visit.status].find((one) => one.letter === key.toLowerCase());
  if (marking) void mark(visit, marking.as, marking.as === "arrived" ? documentSeenFor(cell) : null);
  if (key.toLowerCase() === MOVE && visit.status === "BOOKED")
    intend({ kind: "move", visit: { ...visit, person: personName(visit.patient) } });
  return marking !== undefined || key.toLowerCase() === MOVE;
}
