import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { errorsShown } from "../state/notice";
import { centre } from "../state/session";
import { common } from "../words/common";
import { Icon } from "./icon";

interface ScreenProps {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly back?: { readonly href: string; readonly label: string };
  readonly width?: "narrow" | "wide";
  /** Content of the large panel around the title. */
  readonly hero?: ComponentChildren;
  /** Whether the title says that something has been done: a panel with a tick shows it. */
  readonly isDone?: boolean;
  readonly children?: ComponentChildren;
}

let isFirst = true; // after a page load the browser manages the focus
let shown = location.pathname; // the path of the current screen
let returnedTo = ""; // the path that Back or Forward has led to; the browser restores how far it was scrolled
addEventListener("popstate", () => {
  if (location.pathname !== shown) returnedTo = location.pathname; // otherwise only the part after # has changed
});

/** As long as an error is shown, the document's title begins with it. */
export function useErrorInTitle(isShown: boolean): void {
  useEffect(() => {
    if (!isShown) return undefined;
    errorsShown.value += 1;
    return () => {
      errorsShown.value -= 1;
    };
  }, [isShown]);
}

/**
 * One screen: sets the document's title, shows the screen from its top, and moves the focus to its h1, so that screen
 * readers announce it.
 */
export function Screen({ title, lead, back, width = "narrow", hero, isDone = false, children }: ScreenProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const name = centre.value?.name;
  const words = common.value;
  const hasErrors = errorsShown.value > 0;
  useEffect(() => {
    const whole = `${title} – ${words.brand}${name ? ` ${name}` : ""}`;
    document.title = hasErrors ? `${words.error}: ${whole}` : whole;
  }, [title, hasErrors, name, words]);
  useEffect(() => {
    const isTaken = heading.current?.closest(".screen")?.contains(document.activeElement); // a refusal has the focus
    shown = location.pathname;
    if (shown !== returnedTo) returnedTo = "";
    if (!isFirst && !isTaken) {
      if (!returnedTo) scrollTo(0, 0); // the router does so only after it has added an entry to the history
      heading.current?.focus({ preventScroll: true });
    }
    isFirst = false;
  }, []);
  return (
    <div class={`screen ${width}`}>
      {back && (
        <a class="back" href={back.href}>
          <Icon name="left" />
          {back.label}
        </a>
      )}
      <div class={isDone ? "proof" : hero ? "hero" : "head"}>
        {isDone && <Icon name="check" />}
        <div>
          <h1 tabIndex={-1} ref={heading}>
            {title}
          </h1>
          {lead && <p class="lead">{lead}</p>}
          {hero}
        </div>
      </div>
      {children}
    </div>
  );
}
