const polish = new Intl.PluralRules("pl");

/** 1 termin, 2 terminy, 5 terminów */
export function plural(count: number, one: string, few: string, many: string): string {
  const kind = polish.select(count);
  return `${count} ${kind === "one" ? one : kind === "few" ? few : many}`;
}
