import { useRef, useState } from "preact/hooks";
import { attempt } from "../api/attempt";
import { sendFailure } from "../api/send-failure";
import type { Words } from "../state/notice";

export interface Action {
  readonly isBusy: boolean;
  /** Whether the request has no answer yet and is being repeated. */
  readonly isWaiting: boolean;
  readonly fault: Words | null;
  readonly run: () => void;
}

/** The action of a button: never runs twice at once; retries if that is safe. `Outcome` shows what became of it. */
export function useAction(doIt: () => Promise<void>, isSafe = true): Action {
  const [isBusy, setBusy] = useState(false);
  const isRunning = useRef(false); // a ref, so that a second click sees it even before the next rendering
  const [isWaiting, setWaiting] = useState(false);
  const [fault, setFault] = useState<Words | null>(null);
  const run = async () => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setFault(null);
    try {
      await attempt(doIt, { isSafe, onWaiting: () => setWaiting(true) });
    } catch (error) {
      setFault(() => sendFailure(error));
    } finally {
      isRunning.current = false;
      setBusy(false);
      setWaiting(false);
    }
  };
  return { isBusy, isWaiting, fault, run: () => void run() };
}
