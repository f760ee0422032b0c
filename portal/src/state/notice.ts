/** A message about the last action, shown on the following screen only. */

import { signal } from "@preact/signals";

export type Words = () => string;

export interface Notice {
  readonly words: Words;
  readonly kind: "good" | "warn";
}

export const notice = signal<Notice | null>(null);
/** How many summaries of errors are on the screen; the document's title says whether there are any. */
export const errorsShown = signal(0);
/** Read out by screen readers; not visible. */
export const announcement = signal<Words | null>(null);
let isFresh = false;

export function say(words: Words): void {
  notice.value = { words, kind: "good" };
  isFresh = true;
}

/** Shows a warning on the current screen, such as why an action has not succeeded; the next screen omits it. */
export function warn(words: Words): void {
  notice.value = { words, kind: "warn" };
  isFresh = false;
}

export function announce(words: Words): void {
  announcement.value = words;
}

/** To be called for each new screen: shows a new message on it, and removes earlier ones. */
export function turnPage(): void {
  announcement.value = null;
  if (isFresh) isFresh = false;
  else notice.value = null;
}

/** Removes a warning that no longer applies. */
export function hush(): void {
  if (notice.value?.kind === "warn") notice.value = null;
}
