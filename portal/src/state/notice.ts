/** A message about the last action, shown on the following screen only. */

import { signal } from "@preact/signals";

export type Words = () => string;

export const notice = signal<Words | null>(null);
/** Read out by screen readers; not visible. */
export const announcement = signal("");
let isFresh = false;

export function say(words: Words): void {
  notice.value = words;
  isFresh = true;
}

export function announce(text: string): void {
  announcement.value = text;
}

/** Removes the message when the screen after the next appears. */
export function turnPage(): void {
  if (isFresh) isFresh = false;
  else notice.value = null;
}

export function hush(): void {
  notice.value = null;
  isFresh = false;
}
