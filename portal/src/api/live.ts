/** Follows a subscription by server-sent events and reconnects. After each connection, load what may have been missed. */

import { createClient } from "graphql-sse";
import { useEffect, useRef } from "preact/hooks";
import { untilWorthTrying } from "../state/connection";
import type { Operation } from "./operation";

// Public subscriptions go without the cookie, so that watching a calendar does not keep the session alive.
const open = createClient({ url: "/graphql", credentials: "omit", retryAttempts: 0 });
const own = createClient({ url: "/graphql", credentials: "same-origin", retryAttempts: 0 });

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

interface Sink<Answer> {
  readonly onChange: (answer: Answer) => void;
  readonly onConnected: () => void;
}

async function follow<Answer>(
  isOwn: boolean,
  body: object,
  sink: { current: Sink<Answer> },
  left: AbortSignal,
): Promise<void> {
  let pause = FIRST_PAUSE;
  while (!left.aborted) {
    try {
      const events = (isOwn ? own : open).iterate<Answer>(body as never, {
        connected: () => sink.current.onConnected(),
      });
      left.addEventListener("abort", () => void events.return?.(), { once: true });
      for await (const { data, errors } of events) {
        if (errors) break;
        pause = FIRST_PAUSE;
        if (data) sink.current.onChange(data as Answer);
      }
    } catch {
      // the connection is lost; the loop opens another
    }
    await untilWorthTrying(pause, left);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  }
}

export function useLive<Answer, Variables>(
  operation: Operation<Answer, Variables>,
  variables: Variables | null,
  sink: Sink<Answer>,
  isOwn = false,
): void {
  const current = useRef(sink);
  current.current = sink;
  useEffect(() => {
    if (!variables) return undefined;
    const left = new AbortController();
    void follow(isOwn, { documentId: operation.id, variables }, current, left.signal);
    return () => left.abort();
  }, [operation.id, JSON.stringify(variables)]);
}
