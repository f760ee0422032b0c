/** The slot that is held while the patient decides. */

import { signal } from "@preact/signals";
import { ask } from "../api/ask";
import { HoldSlot, ReleaseSlot, type HoldSlotMutation } from "../generated/operations";

export type HoldAnswer = HoldSlotMutation["holdSlot"];
export type Hold = Extract<HoldAnswer, { __typename: "SlotHold" }>;
export type HoldRefusal = Exclude<HoldAnswer, Hold>;

export const held = signal<Hold | null>(null);
/** The slot that the patient looks at: an answer about another one comes too late. */
let wanted: string | null = null;

/** Holding the same slot again returns the same hold. One that is granted after the patient has left is given back. */
export async function hold(slotId: string, visitId: string | null = null): Promise<HoldAnswer> {
  wanted = slotId;
  const { holdSlot: answer } = await ask(HoldSlot, { input: { slotId, visitId } });
  const granted = answer.__typename === "SlotHold" ? answer : null;
  if (wanted === slotId) held.value = granted;
  else if (granted) giveBack(slotId);
  return answer;
}

/** Releases the slot, also if its hold is still being asked for. */
export function release(slotId: string): void {
  if (wanted === slotId) wanted = null;
  if (held.value?.slot.id !== slotId) return;
  held.value = null;
  giveBack(slotId);
}

/** If the request is lost, the hold expires. */
function giveBack(slotId: string): void {
  ask(ReleaseSlot, { input: { slotId } }).catch(() => {});
}

/** Forgets the hold after booking. */
export function spend(): void {
  held.value = null;
}
