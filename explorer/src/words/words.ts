// Polish for the contract: labels and help of inputs, names of choices, kinds and answers.
// A missing word is replaced by the contract's own name.
import words from "./pl.json";

export interface Label {
  text: string;
  help: string;
  one?: string;
  clearing?: string;
}

interface Words {
  kinds: Record<string, string>;
  types: Record<string, string>;
  enums: Record<string, Record<string, string>>;
  inputs: Record<string, string | [string, string]>;
  one: Record<string, string>;
  clearing: Record<string, string>;
  answers: Record<string, string>;
}

const { kinds, types, enums, inputs, one, clearing, answers } = words as unknown as Words;

export const KINDS = kinds;
export const TYPES = types;
export const ENUMS = enums;

/** Finds a label by type and field, or else by the field's name alone. */
export function labelOf(owner: string, name: string): Label {
  const found = inputs[`${owner}.${name}`] ?? inputs[name] ?? name;
  const [text, help] = typeof found === "string" ? [found, ""] : found;
  const [single, clears] = [one[name], clearing[`${owner}.${name}`]];
  return { text, help, ...(single ? { one: single } : {}), ...(clears ? { clearing: clears } : {}) };
}

export const answerLabel = (name: string) => answers[name] ?? labelOf("", name).text;

/** `kinds`: the enums that the value may belong to; the same value may have different words in different enums. */
export const enumText = (value: string, kinds: string[]) =>
  kinds.map((kind) => enums[kind]?.[value]).find((text) => text !== undefined);
