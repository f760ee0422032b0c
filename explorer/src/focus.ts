// Keyboard focus: never lost when a panel opens or the focused element disappears.
import { useEffect, useRef } from "react";

export const isNowhere = () => document.activeElement === document.body || document.activeElement === null;

/** Takes the focus when nothing else has it: at first, and whenever `of` changes. */
export function useFocusIfNowhere<T extends HTMLElement>(selector: string, ...of: unknown[]) {
  const box = useRef<T>(null);
  useEffect(() => {
    if (isNowhere()) box.current?.querySelector<HTMLElement>(selector)?.focus();
  }, of);
  return box;
}

/** Keeps the option of a list that is chosen by arrow keys in view. */
export const keepInView = (element: HTMLElement | null) => element?.scrollIntoView({ block: "nearest" });
