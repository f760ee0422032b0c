/** Sends a mutation: waits while the device is offline, and retries if that is safe. */

import { isOnline, untilWorthTrying } from "../state/connection";
import { Fault } from "./fault";

interface Patience {
  /** Whether the request may be repeated: it has an idempotency key, or a repetition changes nothing anyway. */
  readonly isSafe: boolean;
  /** The maximum number of attempts. Between them, the screen says that there is no answer yet. */
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
