// Where the keyboard is: never lost when a panel opens or what had it is gone.
import { useEffect, useRef } from "react";

export const isNowhere = () => document.activeElement === document.body || document.activeElement === null;

/** Takes the keyboard when nothing else has it: at the beginning, and whenever `of` changes. */
export function useFocusIfNowhere<T extends HTMLElement>(selector: string, ...of: unknown[]) {
  const box = useRef<T>(null);
  useEffect(() => {
    if (isNowhere()) box.current?.querySelector<HTMLElement>(selector)?.focus();
  }, of);
  return box;
}

/** For the option of a list that is chosen by arrows: it is always to be seen. */
export const keepInView = (element: HTMLElement | null) => element?.scrollIntoView({ block: "nearest" });
