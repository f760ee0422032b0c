// One search box, always visible: finds a patient by anything known about them.
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { keepInView } from "../focus";
import type { PersonFragment } from "../generated";
import { openPatient } from "../panels/patient/open";
import { PersonLine, useFound } from "../panels/patient/Picker";

const isWriting = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

function useShortcut(focus: () => void) {
  useEffect(() => {
    const press = (event: globalThis.KeyboardEvent) => {
      const isSlash = event.key === "/" && !event.ctrlKey && !event.altKey && !isWriting(event.target);
      if (!isSlash && !(event.ctrlKey && event.key === "k")) return;
      event.preventDefault();
      event.stopPropagation(); // otherwise GraphiQL would open its documentation
      focus();
    };
    addEventListener("keydown", press, true);
    return () => removeEventListener("keydown", press, true);
  }, []);
}

export function SearchBox() {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const { people, isCurrent, isEnough, error } = useFound(text);
  useShortcut(() => input.current?.select());
  const pick = (person: PersonFragment) => {
    setOpen(false);
    setText("");
    input.current?.blur();
    openPatient(person.id);
  };
  const keyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const person = people[at];
    if (step) setAt(Math.min(Math.max(at + step, 0), people.length - 1));
    else if (event.key === "Enter" && person && isCurrent) pick(person);
    else if (event.key === "Escape") (setText(""), input.current?.blur());
    else return;
    event.preventDefault();
  };
  const hasAnswer = isOpen && isEnough && isCurrent;
  return (
    <search className="search" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}>
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Szukaj pacjenta"
        aria-expanded={hasAnswer && people.length > 0}
        aria-controls="found"
        aria-autocomplete="list"
        aria-activedescendant={hasAnswer && people[at] ? `found-${at}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder="Szukaj: nazwisko, PESEL, data urodzenia, telefon, e-mail, numer wizyty"
        value={text}
        onFocus={() => setOpen(true)}
        onChange={(event) => (setText(event.target.value), setAt(0), setOpen(true))}
        onKeyDown={keyDown}
      />
      <kbd aria-hidden="true">/</kbd>
      <div
        id="found"
        role="listbox"
        aria-label="Znalezieni"
        hidden={!hasAnswer || people.length === 0}
        onMouseDown={(event) => event.preventDefault()}
      >
        {people.map((person, index) => (
          <div
            key={person.id}
            id={`found-${index}`}
            role="option"
            ref={index === at ? keepInView : undefined}
            aria-selected={index === at}
            onClick={() => pick(person)}
          >
            <PersonLine person={person} typed={text} />
          </div>
        ))}
      </div>
      {hasAnswer && people.length === 0 && (
        <p role="status" className="none">
          {error || "Nie ma takiej osoby."}
        </p>
      )}
    </search>
  );
}
