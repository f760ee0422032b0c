/** A registered document, named by its hash, with the types of its answer and variables. */
export interface Operation<Answer, Variables> {
  readonly id: string;
  readonly answer?: Answer;
  readonly given?: (variables: Variables) => void; // a function type, so that wider variables do not compile
}

/** Variables are optional if the document has none. */
export type Given<Variables> = Variables extends Record<string, never> ? [] | [Variables] : [NoInfer<Variables>];
