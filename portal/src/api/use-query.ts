/** A query of a screen: returns the last known answer at once, then the new one; retries while the fault is temporary. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { recalled, remember } from "../state/answers";
import { untilWorthTrying } from "../state/connection";
import { language } from "../state/language";
import { ask, askQuietly } from "./ask";
import { Fault } from "./fault";
import type { Operation } from "./operation";

export interface QueryState<Answer> {
  readonly data: Answer | undefined;
  readonly fault: Fault | undefined;
  /** Asks again; the current data stay until the answer arrives. */
  readonly reload: () => void;
  /** The same for public data, without keeping the session alive. */
  readonly refresh: () => void;
}

const PAUSES = [2_000, 4_000, 8_000, 15_000];

/** Asks until there is an answer; returns undefined if no retry can help, or if the patient has left the screen. */
export async function askUntilAnswered<Answer, Variables>(
  operation: Operation<Answer, Variables>,
  variables: Variables,
  isQuiet: boolean,
  given: AbortSignal,
  onFault: (fault: Fault) => void,
): Promise<Answer | undefined> {
  for (let turn = 0; !given.aborted; turn++) {
    try {
      return await (isQuiet ? askQuietly : ask)(operation, ...([variables] as never));
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault("OTHER");
      if (!given.aborted) onFault(fault);
      if (!fault.isPassing) return undefined;
      const pause = PAUSES[Math.min(turn, PAUSES.length - 1)] as number;
      await untilWorthTrying(Math.max(pause, fault.pause), given);
    }
  }
  return undefined;
}

export function useQuery<Answer, Variables>(
  operation: Operation<Answer, Variables>,
  variables: Variables | null,
): QueryState<Answer> {
  const key = variables && `${operation.id} ${JSON.stringify(variables)} ${language.value}`;
  const [round, setRound] = useState({ isQuiet: false });
  const [fault, setFault] = useState<Fault>();
  const [, show] = useState({});
  const given = useRef(variables);
  given.current = variables;
  useEffect(() => {
    const current = given.current;
    if (!key || !current) return undefined;
    const left = new AbortController();
    void askUntilAnswered(operation, current, round.isQuiet, left.signal, setFault).then((answer) => {
      if (answer === undefined || left.signal.aborted) return;
      remember(key, answer);
      setFault(undefined);
      show({});
    });
    return () => left.abort();
  }, [key, round]);
  const again = (isQuiet: boolean) => () => {
    setFault(undefined);
    setRound({ isQuiet });
  };
  const reload = useCallback(again(false), []);
  const refresh = useCallback(again(true), []);
  return { data: key ? recalled<Answer>(key) : undefined, fault, reload, refresh };
}
