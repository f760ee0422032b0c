import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { attempt } from "../api/attempt";
import { sendFailure } from "../api/send-failure";
import { draft, forgetDraft, type Values } from "../state/drafts";
import { language } from "../state/language";
import type { Words } from "../state/notice";
import { common } from "../words/common";
import { useErrorInTitle } from "./screen";
import { CallInstead, StillTrying } from "./states";

export interface Refusal {
  readonly title: Words;
  readonly text: Words;
}

export interface Form {
  readonly key: string;
  readonly values: Signal<Values>;
  /** Passwords; they are lost with the screen. */
  readonly secrets: Signal<Record<string, string>>;
  readonly errors: Signal<Readonly<Record<string, Words>>>;
  readonly refusal: Signal<Refusal | null>;
  readonly labels: Map<string, Signal<string>>;
  readonly isBusy: Signal<boolean>;
  readonly isWaiting: Signal<boolean>;
  /** Counts refusals; each moves the focus to the summary. */
  readonly refused: Signal<number>;
}

export function useForm(key: string, empty: Values = {}): Form {
  return useMemo(
    () => ({
      key,
      values: draft(key, empty),
      secrets: signal({}),
      errors: signal({}),
      refusal: signal(null),
      labels: new Map(),
      isBusy: signal(false),
      isWaiting: signal(false),
      refused: signal(0),
    }),
    [key],
  );
}

export const text = (form: Form, name: string): string => String(form.values.value[name] ?? "");
export const isChecked = (form: Form, name: string): boolean => form.values.value[name] === true;
export const secret = (form: Form, name: string): string => form.secrets.value[name] ?? "";
export const done = (form: Form): void => forgetDraft(form.key);

/** The server's message, or a general one once the page's language has been changed. */
export function spoken(message: string): Words {
  const at = language.value;
  return () => (language.value === at ? message : common.value.checkField);
}

export function refuse(form: Form, refusal: Refusal | null, errors: Readonly<Record<string, Words>> = {}): void {
  form.refusal.value = refusal;
  form.errors.value = errors;
  form.refused.value += 1;
}

export const refuseWith = (form: Form, title: Words, message: string): void =>
  refuse(form, { title, text: spoken(message) });

interface FormProps {
  readonly form: Form;
  /** Names of the required fields. */
  readonly required?: readonly string[];
  readonly submit: string;
  readonly isDanger?: boolean;
  readonly isLarge?: boolean;
  /** Whether the request may be repeated because a repetition changes nothing. */
  readonly isSafe?: boolean;
  readonly onSubmit: () => Promise<void>;
  readonly beside?: ComponentChildren;
  readonly children?: ComponentChildren;
}

function missing(form: Form, required: readonly string[]): Readonly<Record<string, Words>> {
  const empty = required.filter((name) => !(text(form, name).trim() || secret(form, name)));
  return Object.fromEntries(empty.map((name) => [name, () => common.value.required]));
}

async function send(form: Form, isSafe: boolean, onSubmit: () => Promise<void>): Promise<void> {
  form.isBusy.value = true;
  const onWaiting = () => (form.isWaiting.value = true);
  try {
    await attempt(onSubmit, { isSafe, onWaiting });
  } catch (error) {
    refuse(form, { title: () => common.value.failedTitle, text: sendFailure(error) });
  } finally {
    form.isBusy.value = form.isWaiting.value = false;
  }
}

export function FormView({ form, required = [], isSafe = true, onSubmit, ...rest }: FormProps) {
  const { submit, isDanger = false, isLarge = false, beside, children } = rest;
  const onForm = (event: Event) => {
    event.preventDefault();
    if (form.isBusy.value) return;
    const errors = missing(form, required);
    if (Object.keys(errors).length) return refuse(form, null, errors);
    form.errors.value = {};
    form.refusal.value = null;
    void send(form, isSafe, onSubmit);
  };
  return (
    <form noValidate onSubmit={onForm}>
      <ErrorSummary form={form} />
      {children}
      {form.isWaiting.value && <StillTrying />}
      <div class="actions">
        <button
          class={`button${isDanger ? " danger" : ""}${isLarge ? " large" : ""}`}
          aria-disabled={form.isBusy.value}
          type="submit"
        >
          {submit}
          {form.isBusy.value && <span class="spinner" />}
        </button>
        {beside}
      </div>
    </form>
  );
}

/** Lists what to correct, with links to the fields; takes the focus after a refusal. */
function ErrorSummary({ form }: { form: Form }) {
  const box = useRef<HTMLDivElement>(null);
  const order = [...form.labels.keys()]; // the order of the fields on the screen
  const names = Object.keys(form.errors.value).sort((a, b) => order.indexOf(a) - order.indexOf(b));
  const refusal = form.refusal.value;
  useEffect(() => {
    if (form.refused.value) box.current?.focus();
  }, [form.refused.value]);
  const isShown = names.length > 0 || refusal !== null;
  useErrorInTitle(isShown);
  if (!isShown) return null;
  return (
    <div class="summary" role="alert" tabIndex={-1} ref={box}>
      <h2>{refusal ? refusal.title() : common.value.checkForm}</h2>
      {refusal && <p>{refusal.text()}</p>}
      {names.length > 0 && (
        <ul>
          {names.map((name) => (
            <li key={name}>
              <a href={`#${form.key}-${name}`} onClick={(event) => focusField(event, `${form.key}-${name}`)}>
                {form.labels.get(name)?.value ?? ""}: {form.errors.value[name]?.()}
              </a>
            </li>
          ))}
        </ul>
      )}
      {refusal && <CallInstead />}
    </div>
  );
}

function focusField(event: Event, id: string): void {
  event.preventDefault();
  document.getElementById(id)?.focus();
}
