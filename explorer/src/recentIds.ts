// For each kind of object, the id that was clicked last; the next operation uses these ids.
import { change, current } from "./workspace";

const ID = /^[A-Z]\w+_[\w-]{8,}$/;

export const isId = (text: unknown): text is string => typeof text === "string" && ID.test(text);
export const kindOf = (id: string) => id.slice(0, id.indexOf("_"));

export function choose(id: string, label = ""): void {
  const known = current().chosen[kindOf(id)];
  if (known?.id === id && (known.label || !label)) return;
  change({ chosen: { ...current().chosen, [kindOf(id)]: { id, label } } });
}

export const chosen = (kind: string) => current().chosen[kind];

/** The text of an operation's variables, with chosen ids in place of "Visit_...". */
export function filled(variables: string): string {
  return variables.replace(/"(\w+?)_\.\.\."/g, (placeholder, kind: string) => {
    const found = chosen(kind);
    return found ? JSON.stringify(found.id) : placeholder;
  });
}
