import { useState } from "preact/hooks";
import { attempt } from "../api/attempt";
import { unsent } from "../api/unsent";
import { say, type Words } from "../state/notice";
import { common } from "../words/common";

export interface Deed {
  readonly isBusy: boolean;
  readonly fault: Words | null;
  readonly run: () => void;
}

/** The action of a button: never runs twice at once; retries if that is safe. */
export function useDeed(doIt: () => Promise<void>, isSafe = true): Deed {
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<Words | null>(null);
  const run = async () => {
    if (isBusy) return;
    setBusy(true);
    setFault(null);
    try {
      await attempt(doIt, { isSafe, onWaiting: () => say(() => common.value.stillTrying) });
    } catch (error) {
      setFault(() => unsent(error));
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, fault, run: () => void run() };
}
