/** Typed text, only in this tab's memory: it survives a change of language and a new log-in, but not a log-out. */

import { signal, type Signal } from "@preact/signals";

export type Values = Record<string, string | boolean>;

const drafts = new Map<string, Signal<Values>>();

export function draft(key: string, empty: Values): Signal<Values> {
  const found = drafts.get(key) ?? signal({ ...empty });
  drafts.set(key, found);
  return found;
}

export const forgetDraft = (key: string): void => void drafts.delete(key);
export const forgetDrafts = (): void => drafts.clear();
