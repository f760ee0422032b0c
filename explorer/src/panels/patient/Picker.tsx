// Chooses a patient: searches while typing, or registers a new one.
import { useId, useState, type KeyboardEvent } from "react";
import { ask } from "../../api";
import { choose } from "../../recentIds";
import { keepInView } from "../../focus";
import { FindPatientsDocument, type PersonFragment } from "../../generated";
import { plainDay } from "../../time";
import { useAnswer, useSettled } from "../../useAnswer";
import { personName, phoneText } from "../../words/people";
import { Identity } from "../day/Grid";
import { Register } from "./Register";

const LEAST = 2;

export function useFound(text: string) {
  const settled = useSettled(text.trim());
  const isEnough = settled.length >= LEAST;
  const answer = useAnswer(isEnough ? () => ask(FindPatientsDocument, { search: settled }) : null, settled);
  const isCurrent = settled === text.trim() && !answer.isLoading;
  return { people: isEnough ? (answer.data?.patients.nodes ?? []) : [], isCurrent, isEnough, error: answer.error };
}

export function PersonLine({ person, typed = "" }: { person: PersonFragment; typed?: string }) {
  const former = person.formerNames.map((name) => name.lastName).filter((name) => name !== person.lastName);
  const isByFormer = former.some((name) => typed && name.toLowerCase().startsWith(typed.toLowerCase().split(" ")[0]!));
  return (
    <>
      <b>{personName(person)}</b> <Identity person={person} />
      {person.doubleOf && <em> dublet, właściwa: {personName(person.doubleOf)}</em>}
      {person.toBeCompleted && <em> do uzupełnienia</em>}
      {former.length > 0 && <i className={isByFormer ? "hit" : ""}> dawniej {former.join(", ")}</i>}
      <small>
        {[person.peselMasked ?? (person.birthDate && `ur. ${plainDay(person.birthDate)}`), phoneText(person.phone), person.email].filter(Boolean).join(" · ")}
      </small>
    </>
  );
}

export function Picker({ onPick }: { onPick: (person: PersonFragment) => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [isNew, setNew] = useState(false);
  const id = useId();
  const { people, isCurrent, isEnough, error } = useFound(text);
  const pick = (person: PersonFragment) => {
    choose(person.id, personName(person));
    onPick(person);
  };
  const keyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt(Math.min(Math.max(at + step, 0), people.length - 1));
    const person = people[at];
    if (event.key === "Enter" && person && isCurrent) pick(person);
    if (step || event.key === "Enter") event.preventDefault();
  };
  if (isNew) return <Register begin={text} onDone={pick} onCancel={() => setNew(false)} />;
  return (
    <div className="picker">
      <label htmlFor={id}>Kto?</label>
      <input
        id={id}
        role="combobox"
        aria-expanded={people.length > 0}
        aria-controls={`${id}list`}
        aria-autocomplete="list"
        aria-activedescendant={people[at] ? `${id}-${at}` : undefined}
        autoFocus
        autoComplete="off"
        spellCheck={false}
        placeholder="nazwisko, PESEL, telefon, data urodzenia…"
        value={text}
        onChange={(event) => (setText(event.target.value), setAt(0))}
        onKeyDown={keyDown}
      />
      <div role="listbox" id={`${id}list`} aria-label="Znalezieni pacjenci">
        {people.map((person, index) => (
          <div
            key={person.id}
            id={`${id}-${index}`}
            role="option"
            ref={index === at ? keepInView : undefined}
            aria-selected={index === at}
            onClick={() => pick(person)}
          >
            <PersonLine person={person} typed={text} />
          </div>
        ))}
      </div>
      <p role="status">{error || (isEnough && isCurrent && people.length === 0 ? "Nie ma takiej osoby." : "")}</p>
      <button type="button" onClick={() => setNew(true)}>
        Nowy pacjent
      </button>
    </div>
  );
}
