import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";

export type Language = "pl" | "en";

const KEPT = "language";
const isKnown = (text: string | null | undefined): text is Language => text === "pl" || text === "en";

function kept(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // the browser blocks storage
  }
}

/** The language of a letter's link, or else the last choice, the browser's preference, or Polish. */
function first(): Language {
  const requested = new URLSearchParams(location.search).get("lang");
  if (isKnown(requested)) return requested;
  const before = kept();
  if (isKnown(before)) return before;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isKnown) ?? "pl";
}

export const language = signal<Language>(first());

effect(() => {
  document.documentElement.lang = language.value;
});

export function speak(chosen: Language): void {
  language.value = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // the choice holds until the page is closed
  }
}

/** The same texts in both languages; a text that is missing in one does not compile. */
export function inBoth<Words>(pl: Words, en: NoInfer<Words>): ReadonlySignal<Words> {
  const words = { pl: typeset(pl), en: typeset(en) };
  return computed(() => words[language.value]);
}

/** A word of one letter stays on the line of the next word; "e-mail" (not in an address) and numbers are not divided. */
const whole = (text: string): string =>
  text
    .replace(/(?<=^|[\s(–])(\p{L}) (?=\S)/gu, "$1\u00a0")
    .replace(/(?<=\d) (?=\d)/g, "\u00a0")
    .replace(/\b(e)-(?=mail\p{L}*(?:[\s,;:)]|\.?$|\.\s))/giu, "$1\u2011");

function typeset<Words>(words: Words): Words {
  if (typeof words === "string") return whole(words) as Words;
  if (typeof words === "function") return ((...given: unknown[]) => typeset(words(...given))) as Words;
  if (Array.isArray(words)) return words.map(typeset) as Words;
  if (typeof words !== "object" || !words) return words;
  return Object.fromEntries(Object.entries(words).map(([name, text]) => [name, typeset(text)])) as Words;
}

/** Removes `?lang=` from the address and stores the language. */
export function forgetAskedLanguage(): void {
  const url = new URL(location.href);
  const requested = url.searchParams.get("lang");
  if (requested === null) return;
  url.searchParams.delete("lang");
  history.replaceState(history.state, "", url);
  if (isKnown(requested)) speak(requested);
}
