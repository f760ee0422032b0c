// A new record: with a PESEL or with a document.
import { useState, type FormEvent } from "react";
import { useAction } from "../../actions";
import { RegisterDocument, type DocumentKind, type PersonFragment, type RegisterPatientInput, type SeenDocument } from "../../generated";
import { ENUMS } from "../../words/words";
import { Trouble } from "../Trouble";
import { PersonLine } from "./Picker";

type KnownBy = "pesel" | "document" | "later";

const isNumber = (text: string) => /^[\d\s-]+$/.test(text);

/** A new record starts with the text from the search box. */
function begun(text: string) {
  const words = text
    .trim()
    .split(/\s+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  if (!isNumber(text)) return { lastName: words[0] ?? "", firstName: words.slice(1).join(" "), pesel: "", phone: "" };
  const digits = text.replace(/\D/g, "");
  return {
    lastName: "",
    firstName: "",
    pesel: digits.length === 11 ? digits : "",
    phone: digits.length === 11 ? "" : text,
  };
}

function inputOf(data: FormData, knownBy: KnownBy): RegisterPatientInput {
  const text = (name: string) => String(data.get(name) ?? "").trim();
  const document = {
    kind: text("kind") as DocumentKind,
    country: text("country").toUpperCase(),
    number: text("number"),
  };
  return {
    firstName: text("firstName"),
    lastName: text("lastName"),
    phone: text("phone") || null,
    email: text("email") || null,
    smsReminders: data.has("smsReminders"),
    pesel: knownBy === "pesel" ? text("pesel") : null,
    document: knownBy === "document" ? document : null,
    toBeCompleted: knownBy === "later",
    birthDate: knownBy === "pesel" ? null : text("birthDate") || null,
    identitySeen: (text("identitySeen") || null) as SeenDocument | null,
  };
}

interface Props {
  begin: string;
  onDone: (person: PersonFragment) => void;
  onCancel: () => void;
}

export function Register({ begin, onDone, onCancel }: Props) {
  const [knownBy, setKnownBy] = useState<KnownBy>("pesel");
  const action = useAction();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const input = inputOf(new FormData(event.currentTarget), knownBy);
    const result = await action.run(RegisterDocument, { input });
    if (result) onDone(result as unknown as PersonFragment);
  };
  const there = action.refusal?.kind === "PatientExists" ? action.refusal.patient : undefined;
  return (
    <form className="register" onSubmit={submit}>
      <h3>Nowy pacjent</h3>
      <Names begin={begin} problems={action.refusal?.fields ?? []} />
      <Identification knownBy={knownBy} setKnownBy={setKnownBy} begin={begin} problems={action.refusal?.fields ?? []} />
      <Trouble refusal={action.refusal && { ...action.refusal, fields: [] }} />
      {there && (
        <p className="buttons">
          <button type="button" onClick={() => onDone(there)}>
            To ta osoba: <PersonLine person={there} />
          </button>
        </p>
      )}
      <p className="buttons">
        <button className="main" aria-disabled={action.isBusy}>
          Zapisz
        </button>
        <button type="button" onClick={onCancel}>
          Wróć do szukania
        </button>
      </p>
    </form>
  );
}

type Problems = { path: string[]; message: string }[];

interface TextProps extends React.InputHTMLAttributes<HTMLInputElement> {
  label: string;
  name: string;
  problems: Problems;
}

/** One line of text, with its error beside it. */
export function Text({ label, problems, ...input }: TextProps) {
  const found = problems.filter((problem) => problem.path.at(-1) === input.name);
  return (
    <label>
      {label}
      <input autoComplete="off" aria-invalid={found.length > 0} {...input} />
      {found.map((problem) => (
        <span key={problem.message} className="wrong" role="alert">
          {problem.message}
        </span>
      ))}
    </label>
  );
}

function Names({ begin, problems }: { begin: string; problems: Problems }) {
  const start = begun(begin);
  const isNamed = start.lastName !== "";
  return (
    <>
      <div className="pair">
        <Text
          label="Nazwisko"
          name="lastName"
          defaultValue={start.lastName}
          required
          autoFocus={!isNamed}
          problems={problems}
        />
        <Text
          label="Imię"
          name="firstName"
          defaultValue={start.firstName}
          required
          autoFocus={isNamed}
          problems={problems}
        />
      </div>
      <div className="pair">
        <Text label="Telefon" name="phone" type="tel" defaultValue={start.phone} problems={problems} />
        <Text label="E-mail (zakłada konto)" name="email" type="email" problems={problems} />
      </div>
      <label className="check">
        <input type="checkbox" name="smsReminders" /> SMS dzień przed wizytą
      </label>
    </>
  );
}

interface IdentificationProps {
  knownBy: KnownBy;
  setKnownBy: (knownBy: KnownBy) => void;
  begin: string;
  problems: Problems;
}

const WAYS: [KnownBy, string][] = [
  ["pesel", "PESEL"],
  ["document", "dokument"],
  ["later", "do uzupełnienia"],
];

function Identification({ knownBy, setKnownBy, begin, problems }: IdentificationProps) {
  return (
    <fieldset>
      <legend>Po czym poznać pacjenta</legend>
      <p className="choices">
        {WAYS.map(([way, text]) => (
          <label key={way}>
            <input type="radio" name="knownBy" checked={knownBy === way} onChange={() => setKnownBy(way)} /> {text}
          </label>
        ))}
      </p>
      {knownBy === "pesel" && (
        <Text
          label="PESEL"
          name="pesel"
          inputMode="numeric"
          required
          defaultValue={begun(begin).pesel}
          problems={problems}
        />
      )}
      {knownBy === "document" && <DocumentFields problems={problems} />}
      {knownBy === "later" && <p className="hint">Wystarczy nazwisko, imię i telefon; numer poda pacjent na miejscu.</p>}
      {knownBy !== "later" && <SeenField />}
      {knownBy !== "pesel" && (
        <Text label="Data urodzenia, jeśli ją podał" name="birthDate" type="date" problems={problems} />
      )}
    </fieldset>
  );
}

/** The patient is at the window; a document cannot be checked by telephone. */
function SeenField() {
  return (
    <label>
      Okazany dokument (potwierdza tożsamość)
      <select name="identitySeen">
        <option value="">–</option>
        {Object.entries(ENUMS.SeenDocument!).map(([document, text]) => (
          <option key={document} value={document}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function DocumentFields({ problems }: { problems: Problems }) {
  return (
    <div className="triple">
      <label>
        Dokument
        <select name="kind">
          {Object.entries(ENUMS.DocumentKind!).map(([kind, text]) => (
            <option key={kind} value={kind}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <Text label="Kraj" name="country" defaultValue="UA" maxLength={2} size={3} required problems={problems} />
      <Text label="Numer" name="number" required problems={problems} />
    </div>
  );
}
