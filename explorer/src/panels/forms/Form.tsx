// One form: its fields, with the problems beside them, and the answer below.
import type { GraphQLSchema } from "graphql";
import { useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import { Failure, send } from "../../api";
import { openInEditor } from "../../editor/open";
import { changed } from "../../notice";
import { operationOf, type ReadyOperation } from "../../page";
import { current } from "../../workspace";
import { AnswerView, Enums } from "./Answer";
import { Several, type Problem } from "./Fields";
import {
  begun,
  capital,
  changedAt,
  enumsIn,
  fieldsOf,
  operationIn,
  sentOf,
  withoutSecrets,
  type Field,
  type Path,
} from "./model";
import { fill, openForm } from "./open";

type Values = Record<string, unknown>;
type Answer = Record<string, unknown>;

const exampleOf = (operation: ReadyOperation) =>
  operation.variables.trim() ? (JSON.parse(operation.variables) as Values) : {};

/** Values from another panel replace the initial values of the form. */
function merged(base: unknown, over: unknown): unknown {
  if (typeof base !== "object" || typeof over !== "object" || !base || !over || Array.isArray(over))
    return over ?? base;
  const both = { ...(base as Values) };
  for (const [key, value] of Object.entries(over)) both[key] = merged(both[key], value);
  return both;
}

function beginning(operation: ReadyOperation, fields: Field[]): Values {
  const example = exampleOf(operation);
  const start = Object.fromEntries(fields.map((field) => [field.name, begun(field, example[field.name])]));
  const kept = current().forms.find((form) => form.operation === operation.name)?.values ?? {};
  return merged(start, kept) as Values;
}

const keys = new Map<string, string>();

/** The idempotency key of a request: the same for the same data, a new one for different data. */
function keyFor(operation: string, variables: Values): string {
  const wish = operation + JSON.stringify(variables);
  if (!keys.has(wish)) keys.set(wish, crypto.randomUUID());
  return keys.get(wish)!;
}

function withKey(operation: string, fields: Field[], variables: Values): Values {
  const input = fields.find(
    (field) => field.kind === "object" && field.fields.some((one) => one.name === "idempotencyKey"),
  );
  if (!input) return variables;
  return {
    ...variables,
    [input.name]: { ...(variables[input.name] as Values), idempotencyKey: keyFor(operation, variables) },
  };
}

const sentValues = (fields: Field[], values: Values) =>
  Object.fromEntries(
    fields
      .map((field) => [field.name, sentOf(field, values[field.name])] as const)
      .filter(([, value]) => value !== undefined),
  );

/** A Problem names fields by their path from the mutation's input. */
function problemsOf(answer: Answer | null, fields: Field[]): Problem[] {
  const result = answer && Object.values(answer)[0];
  const found = result && typeof result === "object" && "fields" in result ? (result.fields as Problem[]) : [];
  return found.map((problem) => ({
    ...problem,
    path: problem.path[0] === fields[0]?.name ? problem.path : [fields[0]?.name ?? "", ...problem.path],
  }));
}

function useValues(operation: ReadyOperation, fields: Field[]) {
  const [values, setValues] = useState(() => beginning(operation, fields));
  const keep = (next: Values) => {
    setValues(next);
    fill(
      operation.name,
      Object.fromEntries(fields.map((field) => [field.name, withoutSecrets(field, next[field.name])])),
    );
  };
  return [values, keep] as const;
}

function useSending(operation: ReadyOperation) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const isMutation = operationIn(operation.query).operation === "mutation";
  const sendIt = async (variables: Values) => {
    setBusy(true);
    setError("");
    try {
      setAnswer(await send<Answer>(operation.query, variables));
      if (isMutation) changed();
    } catch (failure) {
      setAnswer(null);
      setError(failure instanceof Failure ? failure.message : String(failure));
    } finally {
      setBusy(false);
    }
  };
  return { answer, error, isBusy, isMutation, sendIt };
}

export function Form({ operation, schema }: { operation: ReadyOperation; schema: GraphQLSchema }) {
  const fields = useMemo(() => fieldsOf(schema, operation.query, operation.variables), [schema, operation]);
  const enums = useMemo(() => enumsIn(schema, operation.query), [schema, operation]);
  const [values, keep] = useValues(operation, fields);
  const { answer, error, isBusy, isMutation, sendIt } = useSending(operation);
  const form = useRef<HTMLFormElement>(null);
  const problems = problemsOf(answer, fields);
  useEffect(() => void form.current?.querySelector<HTMLElement>("input, select, textarea")?.focus(), []);
  useEffect(() => void (fields.length === 0 && !isMutation && sendIt({})), []);
  const submit = (event: FormEvent) => (
    event.preventDefault(),
    void (isBusy || sendIt(withKey(operation.name, fields, sentValues(fields, values))))
  );
  const inJson = Object.fromEntries(fields.map((field) => [field.name, withoutSecrets(field, values[field.name])]));
  const json = () => openInEditor({ ...operation, variables: JSON.stringify(sentValues(fields, inJson), null, 2) });
  const further = (after: string) => void sendIt({ ...sentValues(fields, values), after });
  return (
    <>
      <form ref={form} className="generated" onSubmit={submit}>
        <h1>{operation.title}</h1>
        {operation.help && <p className="hint">{capital(operation.help)}</p>}
        <Several
          fields={fields}
          path={[]}
          value={values}
          problems={problems}
          onChange={(path: Path, value) => keep(changedAt(values, path, value) as Values)}
        />
        <p className="buttons">
          <button className="main" aria-disabled={isBusy}>
            {isMutation ? "Wykonaj" : "Pokaż"}
          </button>
          <Next operation={operation} values={values} />
          <button type="button" className="quiet" onClick={json}>
            JSON
          </button>
        </p>
      </form>
      {error && (
        <p className="trouble" role="alert">
          {error}
        </p>
      )}
      {answer && (
        <Enums.Provider value={enums}>
          <AnswerView operation={operation} answer={answer} onFurther={further} />
        </Enums.Provider>
      )}
    </>
  );
}

/** A button that opens the usual next form, such as publishing after the preview, with the same data. */
function Next({ operation, values }: { operation: ReadyOperation; values: Values }) {
  const next = operation.next && operationOf(operation.next);
  if (!next) return null;
  return (
    <button type="button" onClick={() => openForm(next.name, values)}>
      Dalej: {next.title}
    </button>
  );
}
