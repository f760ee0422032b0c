import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { common } from "../words/common";
import { type Form, isChecked, secret, text } from "./form";
import { Icon } from "./icon";

interface FieldProps {
  readonly form: Form;
  readonly name: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly isOptional?: boolean;
}

interface TextFieldProps extends FieldProps {
  readonly type?: "text" | "email" | "tel" | "date" | "time";
  readonly autocomplete?: string;
  readonly inputMode?: "numeric" | "email" | "tel";
  readonly width?: "short" | "medium";
  readonly maxLength?: number;
}

const idOf = ({ form, name }: FieldProps): string => `${form.key}-${name}`;

interface Description {
  readonly id: string;
  readonly name: string;
  readonly "aria-describedby"?: string;
  readonly "aria-invalid"?: true;
}

function describe(props: FieldProps): Description {
  const { form, name, hint } = props;
  const ids = [hint && `${idOf(props)}-hint`, form.errors.value[name] && `${idOf(props)}-error`].filter(Boolean);
  return {
    id: idOf(props),
    name,
    ...(ids.length && { "aria-describedby": ids.join(" ") }),
    ...(form.errors.value[name] && { "aria-invalid": true as const }),
  };
}

/** Gives the error summary the field's label in the current language. */
function useLabel(form: Form, name: string, label: string): void {
  const known = form.labels.get(name) ?? signal(label);
  form.labels.set(name, known);
  useLayoutEffect(() => {
    known.value = label; // before the paint, so that no summary is ever seen in two languages
  }, [known, label]);
}

function Field({ children, ...props }: FieldProps & { readonly children: ComponentChildren }) {
  const { form, name, label, hint, isOptional } = props;
  useLabel(form, name, label);
  const error = form.errors.value[name];
  return (
    <div class={error ? "field flawed" : "field"}>
      <label for={idOf(props)}>
        {label}
        {isOptional && <span class="quiet"> ({common.value.optional})</span>}
      </label>
      {hint && (
        <p class="hint" id={`${idOf(props)}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="flaw" id={`${idOf(props)}-error`}>
          <Icon name="alert" />
          {error()}
        </p>
      )}
      {children}
    </div>
  );
}

export function TextField({
  type = "text",
  autocomplete = "off",
  inputMode,
  width,
  maxLength,
  ...props
}: TextFieldProps) {
  const { form, name } = props;
  const onInput = (event: InputEvent & { currentTarget: HTMLInputElement }) => {
    form.values.value = { ...form.values.value, [name]: event.currentTarget.value };
  };
  return (
    <Field {...props}>
      <input
        {...describe(props)}
        {...(inputMode && { inputMode })}
        {...(maxLength && { maxLength })}
        class={width ?? ""}
        type={type as "text"}
        value={text(form, name)}
        autoComplete={autocomplete}
        autoCapitalize={type === "text" && autocomplete.endsWith("name") ? "words" : "none"}
        spellcheck={false}
        onInput={onInput}
      />
    </Field>
  );
}

type Preset = Omit<TextFieldProps, "type" | "inputMode" | "width">;

export const EmailField = (props: Preset) => (
  <TextField autocomplete="email" {...props} type="email" inputMode="email" />
);

export const PhoneField = (props: Preset) => (
  <TextField autocomplete="tel" {...props} type="tel" inputMode="tel" width="medium" />
);

export function TextArea(props: FieldProps & { readonly maxLength: number }) {
  const { form, name, maxLength } = props;
  return (
    <Field {...props}>
      <textarea
        {...describe(props)}
        rows={3}
        maxLength={maxLength}
        value={text(form, name)}
        onInput={({ currentTarget }) => {
          form.values.value = { ...form.values.value, [name]: currentTarget.value };
        }}
      />
    </Field>
  );
}

export function PasswordField(props: FieldProps & { readonly autocomplete: "current-password" | "new-password" }) {
  const { form, name, autocomplete } = props;
  const [isShown, setShown] = useState(false);
  const words = common.value;
  return (
    <Field {...props}>
      <div class="joined">
        <input
          {...describe(props)}
          type={(isShown ? "text" : "password") as "password"}
          value={secret(form, name)}
          autoComplete={autocomplete}
          autoCapitalize="none"
          spellcheck={false}
          onInput={({ currentTarget }) => {
            form.secrets.value = { ...form.secrets.value, [name]: currentTarget.value };
          }}
        />
        <button
          class="button plain"
          type="button"
          aria-pressed={isShown}
          aria-label={isShown ? words.hidePassword : words.showPassword}
          onClick={() => setShown(!isShown)}
        >
          {isShown ? words.hide : words.show}
        </button>
      </div>
    </Field>
  );
}

export function CheckField(props: FieldProps) {
  const { form, name, label } = props;
  useLabel(form, name, label);
  const error = form.errors.value[name];
  return (
    <div class={error ? "field flawed" : "field"}>
      {error && (
        <p class="flaw" id={`${idOf(props)}-error`}>
          <Icon name="alert" />
          {error()}
        </p>
      )}
      <label class="check">
        <input
          {...describe(props)}
          type="checkbox"
          checked={isChecked(form, name)}
          onChange={({ currentTarget }) => {
            form.values.value = { ...form.values.value, [name]: currentTarget.checked };
          }}
        />
        <span>{label}</span>
      </label>
    </div>
  );
}

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly about?: string;
}

interface ChoicesProps {
  readonly name: string;
  readonly legend: string;
  readonly choices: readonly Choice[];
  readonly chosen: string;
  readonly onChoose: (value: string) => void;
  /** Whether the labels are people's names, which need space. */
  readonly isOfPeople?: boolean;
  /** Whether the screen's title already says what is chosen here. */
  readonly isTitled?: boolean;
}

export function Choices({ name, legend, choices, chosen, onChoose, isOfPeople, isTitled }: ChoicesProps) {
  return (
    <fieldset class={isOfPeople ? "choices people" : "choices"}>
      <legend class={isTitled ? "unseen" : undefined}>{legend}</legend>
      <div class="row">
        {choices.map(({ value, label, about }) => (
          <label class="choice" key={value}>
            <input type="radio" name={name} checked={value === chosen} onChange={() => onChoose(value)} />
            <span>
              {label}
              {about && <small>{about}</small>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
