/** A refusal in people's words: what it says of the contract's fields is for programs. */
export function plain(message: string): string {
  const sentences = message.match(/[^.!?]+[.!?]*\s*/g) ?? [message];
  const kept = sentences.filter((sentence) => !sentence.includes("`"));
  return kept.length > 0 ? kept.join("").trim() : message;
}
