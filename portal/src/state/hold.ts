/** The slot that is held while the patient decides. */

import { signal } from "@preact/signals";
import { ask } from "../api/ask";
import { attempt } from "../api/attempt";
import { HoldSlot, ReleaseSlot, type HoldSlotMutation } from "../generated/operations";

export type HoldAnswer = HoldSlotMutation["holdSlot"];
export type Hold = Extract<HoldAnswer, { __typename: "SlotHold" }>;

export const held = signal<Hold | null>(null);
/** The slot on the patient's screen; answers about any other slot are ignored. */
let wanted: string | null = null;
/** The release in progress. A hold waits for it: the release could otherwise end a newer hold of the same slot. */
let returning: Promise<unknown> = Promise.resolve();

/**
 * Repeats the request until there is an answer, because holding the same slot again returns the same hold. Returns null
 * if the patient has left.
 */
export async function hold(slotId: string, visitId: string | null, onWaiting: () => void): Promise<HoldAnswer | null> {
  wanted = slotId;
  const answer = await attempt(() => request(slotId, visitId), { isSafe: true, turns: Infinity, onWaiting });
  const granted = answer?.__typename === "SlotHold" ? answer : null;
  if (wanted === slotId) {
    held.value = granted;
    return answer;
  }
  if (granted) giveBack(slotId);
  return null;
}

async function request(slotId: string, visitId: string | null): Promise<HoldAnswer | null> {
  await returning;
  if (wanted !== slotId) return null;
  return (await ask(HoldSlot, { input: { slotId, visitId } })).holdSlot;
}

/** Releases the slot, even if the hold is still being requested. */
export function release(slotId: string): void {
  if (wanted === slotId) wanted = null;
  if (held.value?.slot.id !== slotId) return;
  held.value = null;
  giveBack(slotId);
}

/** Cancels a hold that is still being requested; a slot that is already held stays held. */
export function forgo(slotId: string): void {
  if (held.value?.slot.id !== slotId) release(slotId);
}

/** If the request is lost, the hold expires. */
function giveBack(slotId: string): void {
  returning = ask(ReleaseSlot, { input: { slotId } }).catch(() => {});
}

/** Clears the hold after booking. */
export function spend(): void {
  held.value = null;
}
