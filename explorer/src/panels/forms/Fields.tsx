// The fields of a form: the type of a field in the API contract determines its input element.
import { useId } from "react";
import { ENUMS } from "../../words/words";
import { IdBox } from "./IdBox";
import { CLEARED, isCleared, type Field, type Path } from "./model";

export interface Problem {
  path: string[];
  message: string;
}

export interface FieldProps {
  field: Field;
  path: Path;
  value: unknown;
  problems: Problem[];
  onChange: (path: Path, value: unknown) => void;
}

const isAt = (problem: Problem, path: Path) => problem.path.join() === path.join();

export function FieldBox(props: FieldProps) {
  if (props.field.label.clearing) return <Clearable {...props} clearing={props.field.label.clearing} />;
  return <Plain {...props} />;
}

function Clearable({ clearing, ...props }: FieldProps & { clearing: string }) {
  const cleared = isCleared(props.value);
  return (
    <>
      {!cleared && <Plain {...props} />}
      <label className="check clearing">
        <input
          type="checkbox"
          checked={cleared}
          onChange={(event) => props.onChange(props.path, event.target.checked ? CLEARED : undefined)}
        />{" "}
        {props.field.label.text}: {clearing}
      </label>
    </>
  );
}

function Plain(props: FieldProps) {
  if (props.field.kind === "object") return <ObjectBox {...props} field={props.field} />;
  if (props.field.kind === "list") return <ListBox {...props} field={props.field} />;
  return <Single {...props} />;
}

const KEY = "idempotencyKey"; // not shown: the form generates it from the data

type Of<K extends Field["kind"]> = FieldProps & { field: Extract<Field, { kind: K }> };

export function Several({ fields, path, value, problems, onChange }: Omit<FieldProps, "field"> & { fields: Field[] }) {
  const given = (value ?? {}) as Record<string, unknown>;
  const box = (field: Field) =>
    field.name !== KEY && (
      <FieldBox
        key={field.name}
        field={field}
        path={[...path, field.name]}
        value={given[field.name]}
        problems={problems}
        onChange={onChange}
      />
    );
  const further = fields.filter((field) => !field.isShown && field.name !== KEY);
  const isFilled = further.some((field) => given[field.name] !== undefined);
  return (
    <>
      {fields.filter((field) => field.isShown).map(box)}
      {further.length > 0 && (
        <details open={isFilled || undefined}>
          <summary>Więcej ({further.length})</summary>
          {further.map(box)}
        </details>
      )}
    </>
  );
}

function ObjectBox({ field, ...rest }: Of<"object">) {
  const inner = <Several {...rest} fields={field.fields} />;
  if (rest.path.length === 1) return inner; // the operation's only input needs no frame
  if (!field.isRequired && typeof rest.path.at(-1) === "string") return <Optional {...rest} field={field} />;
  return (
    <fieldset>
      <legend>{field.label.text}</legend>
      {inner}
    </fieldset>
  );
}

/** Optional groups of fields are shown only on request. */
function Optional({ field, ...rest }: Of<"object">) {
  const isWanted = rest.value !== undefined && rest.value !== null;
  return (
    <fieldset>
      <label className="check">
        <input
          type="checkbox"
          checked={isWanted}
          onChange={(event) => rest.onChange(rest.path, event.target.checked ? {} : undefined)}
        />{" "}
        {field.label.text}
      </label>
      {isWanted && <Several {...rest} fields={field.fields} />}
    </fieldset>
  );
}

function ListBox({ field, path, value, problems, onChange }: Of<"list">) {
  const items = (value as unknown[] | undefined) ?? [];
  if (field.item.kind === "enum")
    return (
      <Choices field={field} item={field.item} path={path} value={items} onChange={onChange} problems={problems} />
    );
  return (
    <fieldset>
      <legend>
        {field.label.text} {field.isRequired && <abbr title="wymagane">*</abbr>}
      </legend>
      {field.label.help && <small className="help">{field.label.help}</small>}
      {items.map((item, index) => (
        <div className="item" key={index}>
          <FieldBox
            field={{ ...field.item, label: { text: `${field.label.one ?? field.label.text} ${index + 1}`, help: "" } }}
            path={[...path, index]}
            value={item}
            problems={problems}
            onChange={onChange}
          />
          <button
            type="button"
            aria-label={`Usuń: ${field.label.text} ${index + 1}`}
            onClick={() =>
              onChange(
                path,
                items.filter((_, other) => other !== index),
              )
            }
          >
            ×
          </button>
        </div>
      ))}
      <button
        type="button"
        onClick={() => onChange(path, [...items, field.item.kind === "object" ? (items.at(-1) ?? {}) : undefined])}
      >
        + {field.label.one ?? field.label.text}
      </button>
    </fieldset>
  );
}

function Choices({
  field,
  item,
  path,
  value,
  onChange,
}: Of<"list"> & { item: Extract<Field, { kind: "enum" }>; value: unknown[] }) {
  return (
    <fieldset className="choices">
      <legend>{field.label.text}</legend>
      {item.values.map((one) => (
        <label key={one} className="check">
          <input
            type="checkbox"
            checked={value.includes(one)}
            onChange={(event) =>
              onChange(path, event.target.checked ? [...value, one] : value.filter((other) => other !== one))
            }
          />{" "}
          {ENUMS[item.type]?.[one] ?? one}
        </label>
      ))}
    </fieldset>
  );
}

function Single({ field, path, value, problems, onChange }: FieldProps) {
  const id = useId();
  const wrong = problems.filter((problem) => isAt(problem, path));
  const described =
    [field.label.help && `${id}help`, wrong.length > 0 && `${id}wrong`].filter(Boolean).join(" ") || undefined;
  const control = { id, describedBy: described, isWrong: wrong.length > 0, isRequired: field.isRequired };
  return (
    <div className={`field ${field.kind}`}>
      <label htmlFor={id}>
        {field.label.text} {field.isRequired && field.kind !== "boolean" && <abbr title="wymagane">*</abbr>}
      </label>
      <Control {...control} field={field} value={value} onChange={(next) => onChange(path, next)} />
      {field.label.help && (
        <small className="help" id={`${id}help`}>
          {field.label.help}
        </small>
      )}
      {wrong.length > 0 && (
        <span className="wrong" id={`${id}wrong`} role="alert">
          {wrong.map((problem) => problem.message).join(" ")}
        </span>
      )}
    </div>
  );
}

interface ControlProps {
  id: string;
  field: Field;
  value: unknown;
  describedBy: string | undefined;
  isWrong: boolean;
  isRequired: boolean;
  onChange: (value: unknown) => void;
}

const INPUT_TYPES: Record<string, string> = {
  Date: "date",
  Time: "time",
  DateTime: "datetime-local",
  number: "number",
  password: "password",
};

function Control({ id, field, value, describedBy, isWrong, isRequired, onChange }: ControlProps) {
  const common = { id, "aria-describedby": describedBy, "aria-invalid": isWrong, required: isRequired };
  if (field.kind === "id")
    return (
      <IdBox
        id={id}
        of={field.of}
        value={value as string | undefined}
        isRequired={isRequired}
        describedBy={describedBy}
        isWrong={isWrong}
        onChange={onChange}
      />
    );
  if (field.kind === "boolean" && field.isNullable) return <YesNo common={common} value={value} onChange={onChange} />;
  if (field.kind === "boolean")
    return (
      <input
        id={id}
        aria-describedby={describedBy}
        type="checkbox"
        checked={value === true}
        onChange={(event) => onChange(event.target.checked)}
      />
    );
  if (field.kind === "enum")
    return (
      <select
        {...common}
        value={(value as string | undefined) ?? ""}
        onChange={(event) => onChange(event.target.value || undefined)}
      >
        <option value="">{isRequired ? "prosimy wybrać" : "–"}</option>
        {field.values.map((one) => (
          <option key={one} value={one}>
            {ENUMS[field.type]?.[one] ?? one}
          </option>
        ))}
      </select>
    );
  const text = {
    ...common,
    value: value === undefined || value === null ? "" : String(value),
    placeholder: "example" in field && typeof field.example === "string" ? hintOf(field.kind, field.example) : "",
  };
  if (field.kind === "long") return <textarea {...text} rows={2} onChange={(event) => onChange(event.target.value)} />;
  return (
    <input
      {...text}
      type={INPUT_TYPES[field.kind] ?? "text"}
      autoComplete={field.kind === "password" ? "new-password" : "off"}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

/** A choice of yes, no or unset, which leaves the value unchanged. */
function YesNo({ common, value, onChange }: { common: object; value: unknown; onChange: (value: unknown) => void }) {
  const read = (text: string) => (text === "" ? undefined : text === "true");
  return (
    <select
      {...common}
      value={value === undefined || value === null ? "" : String(value)}
      onChange={(event) => onChange(read(event.target.value))}
    >
      <option value="">–</option>
      <option value="true">tak</option>
      <option value="false">nie</option>
    </select>
  );
}

const hintOf = (kind: string, example: string) =>
  kind === "text" || kind === "long" ? (example ? `np. ${example}` : "") : "";
