/** A refusal in plain words, without the names of contract fields, which are meant for programs. */
export function plain(message: string): string {
  const sentences = message.match(/[^.!?]+[.!?]*\s*/g) ?? [message];
  const kept = sentences.filter((sentence) => !sentence.includes("`"));
  return kept.length > 0 ? kept.join("").trim() : message;
}
