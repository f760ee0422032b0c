/** An icon of the sprite in index.html; always beside text, hence hidden from screen readers. */
export type IconName =
  | "alert"
  | "bell"
  | "calendar"
  | "chat"
  | "check"
  | "clock"
  | "doctor"
  | "download"
  | "exit"
  | "filter"
  | "globe"
  | "info"
  | "left"
  | "list"
  | "lock"
  | "mail"
  | "phone"
  | "pin"
  | "print"
  | "right"
  | "search"
  | "shield"
  | "swap"
  | "user"
  | "x";

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" aria-hidden="true" focusable="false">
      <use href={`#i-${name}`} />
    </svg>
  );
}
