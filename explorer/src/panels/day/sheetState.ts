// The action in progress on the sheet: the patient to book, the visit to move, the selection. Never saved.
import { useSyncExternalStore } from "react";
import type { FreeSlotFragment, PersonFragment, SeenDocument } from "../../generated";
import { dayOf } from "../../time";
import { change, current } from "../../workspace";
import type { Cell, SheetVisit } from "./layout";

export type MovableVisit = Pick<SheetVisit, "id" | "reference" | "startsAt"> & {
  doctor: { fullName: string };
  person: string;
};

export type Intent =
  { kind: "none" } | { kind: "book"; patient: PersonFragment } | { kind: "move"; visit: MovableVisit };

interface State {
  intent: Intent;
  slot: string | null;
  visit: string | null;
  visitAt: string | null; // the start of a visit just moved: the sheet may still show its old slot
  seen: SeenDocument | null;
  said: string;
  lost: Lost | null;
}

/** Somebody else has taken the slot; the patient stays selected. */
interface Lost {
  message: string;
  alternatives: FreeSlotFragment[];
}

let state: State = { intent: { kind: "none" }, slot: null, visit: null, visitAt: null, seen: null, said: "", lost: null };
const listeners = new Set<() => void>();

function set(part: Partial<State>) {
  state = { ...state, ...part };
  for (const listener of listeners) listener();
}

export const select = (slot: string | null) => set({ slot, visit: null, seen: null, said: "", lost: null });
/** Stores which document the selected visit's patient has shown, until the patient is marked as arrived. */
export const sawDocument = (seen: SeenDocument | null) => set({ seen });
export const documentSeenFor = (cell: Cell) =>
  state.slot === cell.id || (cell.visit && state.visit === cell.visit.id) ? state.seen : null;
export const intend = (intent: Intent) => set({ intent, said: "" });
export const forget = () => set({ intent: { kind: "none" }, lost: null });
export const lose = (lost: Lost) => set({ slot: null, visit: null, said: "", lost });

/** Ends the action: selects the visit and shows a sentence that says what was done. */
export const done = (said: string, visit: { id: string; startsAt: string }) =>
  set({ intent: { kind: "none" }, slot: null, visit: visit.id, visitAt: visit.startsAt, seen: null, said, lost: null });

export function bookFor(patient: PersonFragment): void {
  set({ intent: { kind: "book", patient }, slot: null, visit: null, said: "", lost: null });
  change({ panel: "day" });
}

export function move(visit: MovableVisit): void {
  set({ intent: { kind: "move", visit }, slot: null, visit: null, said: "", lost: null });
  if (current().panel !== "day") change({ panel: "day", view: "day", day: dayOf(visit.startsAt) });
}

/** Opens the sheet of the day and selects the slot or visit. */
export function show(what: { startsAt: string; slot?: string; visit?: string; clinic?: string }): void {
  const clinics =
    what.clinic && current().clinics.length && !current().clinics.includes(what.clinic) ? [] : current().clinics;
  change({ panel: "day", view: "day", day: dayOf(what.startsAt), clinics });
  set({ slot: what.slot ?? null, visit: what.visit ?? null, visitAt: null, seen: null, said: "", lost: null });
}

export function useDesk(): State {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
