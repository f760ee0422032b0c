/** Sends a mutation: waits while the device is offline, and retries if that is safe. */

import { isOnline, untilWorthTrying } from "../state/connection";
import { Fault } from "./fault";

interface Patience {
  /** Whether a repetition changes nothing (by an idempotency key, or by its nature). */
  readonly isSafe: boolean;
  /** How often to send; the screen says meanwhile that there is no answer. */
  readonly turns?: number;
  readonly onWaiting: () => void;
}

const PAUSE = 4_000;
const TURNS = 8;

export async function attempt<Answer>(
  send: () => Promise<Answer>,
  { isSafe, turns = TURNS, onWaiting }: Patience,
): Promise<Answer> {
  for (let turn = 1; ; turn++) {
    while (!isOnline.value) {
      onWaiting();
      await untilWorthTrying(60_000);
    }
    try {
      return await send();
    } catch (error) {
      const isWorthIt = isSafe && error instanceof Fault && error.isPassing && turn < turns;
      if (!isWorthIt) throw error;
      onWaiting();
      await untilWorthTrying(Math.max(PAUSE, error.pause));
    }
  }
}
