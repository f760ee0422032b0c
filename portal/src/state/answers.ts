/** The last answers, so that Back shows a screen at once; cleared when the user changes. */

const answers = new Map<string, unknown>();
const MOST = 50;

export const recalled = <Answer>(key: string): Answer | undefined => answers.get(key) as Answer | undefined;

export function remember(key: string, answer: unknown): void {
  answers.delete(key);
  answers.set(key, answer);
  if (answers.size > MOST) answers.delete(answers.keys().next().value as string);
}

export const forgetAnswers = (): void => answers.clear();
