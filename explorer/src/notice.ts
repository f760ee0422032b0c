// One line that says what was done, and a signal that something has changed on the server.
import { useEffect, useSyncExternalStore } from "react";

export interface Notice {
  text: string;
  isBad: boolean;
  turn: number;
}

let notice: Notice = { text: "", isBad: false, turn: 0 };
const readers = new Set<() => void>();
const watchers = new Set<() => void>();

export function say(text: string, isBad = false): void {
  notice = { text, isBad, turn: notice.turn + 1 };
  for (const reader of readers) reader();
}

export function useNotice(): Notice {
  return useSyncExternalStore(
    (reader) => {
      readers.add(reader);
      return () => readers.delete(reader);
    },
    () => notice,
  );
}

/** Makes all views of answers reload. */
export function changed(): void {
  for (const watcher of watchers) watcher();
}

export function useChanged(again: () => void): void {
  useEffect(() => {
    watchers.add(again);
    return () => void watchers.delete(again);
  }, [again]);
}
