// Keyboard focus: never lost when a panel opens or the focused element disappears.
import { useLayoutEffect, useRef } from "react";

export const isNowhere = () => document.activeElement === document.body || document.activeElement === null;

/** On the first render and whenever `of` changes: focuses what `selector` finds, unless something has the focus. */
export function useFocusIfNowhere<T extends HTMLElement>(selector: string, ...of: unknown[]) {
  const box = useRef<T>(null);
  useLayoutEffect(() => {
    if (isNowhere()) box.current?.querySelector<HTMLElement>(selector)?.focus();
  }, of);
  return box;
}

/** Scrolls a list so that the option chosen with the arrow keys stays in view. */
export const keepInView = (element: HTMLElement | null) => element?.scrollIntoView({ block: "nearest" });
