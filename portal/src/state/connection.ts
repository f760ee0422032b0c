/** Whether the device is online. */

import { signal } from "@preact/signals";

export const isOnline = signal(navigator.onLine);
const waiting = new Set<() => void>();

/** Ends all waits, so that pending requests are sent again at once. */
export function tryNow(): void {
  for (const resume of [...waiting]) resume();
}

addEventListener("online", () => {
  isOnline.value = true;
  tryNow();
});
addEventListener("offline", () => {
  isOnline.value = false;
});

/** Resolves when the connection returns, when the person asks to try now, or after the given time. */
export function untilWorthTrying(milliseconds: number, given?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resume, milliseconds);
    function resume(): void {
      clearTimeout(timer);
      waiting.delete(resume);
      resolve();
    }
    waiting.add(resume);
    given?.addEventListener("abort", resume, { once: true });
  });
}
