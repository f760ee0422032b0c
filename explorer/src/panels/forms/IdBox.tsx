// A field for an id. Nobody types ids: the object is searched for by its name.
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { choose, kindOf } from "../../recentIds";
import { isNowhere, keepInView } from "../../focus";
import { current } from "../../workspace";
import { useAnswer, useSettled } from "../../useAnswer";
import { KINDS } from "../../words/words";
import { FINDERS, isEnoughFor, type Choice } from "./search";

interface Props {
  id: string;
  of: string;
  value: string | undefined;
  isRequired: boolean;
  describedBy: string | undefined;
  isWrong: boolean;
  onChange: (id: string | undefined) => void;
}

const labels = new Map<string, string>();

function nameOf(of: string, id: string): string {
  const kept = current().chosen[kindOf(id)];
  return labels.get(id) ?? (kept?.id === id && kept.label ? kept.label : `${KINDS[of] ?? of} (${id.slice(-6)})`);
}

export function IdBox(props: Props) {
  const box = useRef<HTMLSpanElement>(null);
  const begun = useRef(props.value);
  useEffect(() => {
    if (begun.current === props.value) return;
    begun.current = props.value;
    // The element that had the focus may have been replaced.
    if (isNowhere()) box.current?.querySelector<HTMLElement>("input, button")?.focus();
  }, [props.value]);
  return <span className="id-field" ref={box}>{props.value ? <Known {...props} value={props.value} /> : <Search {...props} />}</span>;
}

function Known({ id, of, value, onChange }: Props & { value: string }) {
  return (
    <span className="known">
      <b>{nameOf(of, value)}</b>{" "}
      <button type="button" id={id} className="link" onClick={() => onChange(undefined)}>
        zmień
      </button>
    </span>
  );
}

function useChoices(of: string, text: string, isOpen: boolean) {
  const settled = useSettled(text);
  const isCurrent = settled === text;
  const find = FINDERS[of];
  const isAsked = isOpen && find !== undefined && isEnoughFor(of, settled);
  const answer = useAnswer(isAsked ? () => find(settled) : null, of, settled, isAsked);
  const isDone = isAsked && isCurrent && !answer.isLoading;
  return { choices: isDone ? (answer.data ?? []) : [], isDone, error: answer.error }; // no stale results
}

function Search({ id, of, isRequired, describedBy, isWrong, onChange }: Props) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [isOpen, setOpen] = useState(false);
  const { choices, isDone, error } = useChoices(of, text, isOpen);
  const pick = (choice: Choice) => {
    labels.set(choice.id, choice.label);
    choose(choice.id, choice.label);
    onChange(choice.id);
  };
  const keyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setOpen(true);
    if (step && isOpen) setAt(Math.min(Math.max(at + step, 0), choices.length - 1));
    const choice = choices[at];
    if (event.key === "Enter" && choice) pick(choice);
    if (event.key === "Escape") setOpen(false);
    if (step || (event.key === "Enter" && isOpen)) event.preventDefault();
  };
  return (
    <span className="id-box" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}>
      <input
        id={id}
        role="combobox"
        aria-expanded={choices.length > 0}
        aria-controls={`${id}list`}
        aria-autocomplete="list"
        aria-activedescendant={choices[at] ? `${id}-${at}` : undefined}
        aria-describedby={describedBy}
        aria-invalid={isWrong}
        autoComplete="off"
        spellCheck={false}
        required={isRequired}
        placeholder={`szukaj: ${(KINDS[of] ?? of).toLowerCase()}`}
        value={text}
        onClick={() => setOpen(true)}
        onChange={(event) => (setText(event.target.value), setAt(0), setOpen(true))}
        onKeyDown={keyDown}
      />
      <span
        id={`${id}list`}
        role="listbox"
        aria-label="Znalezione"
        hidden={choices.length === 0}
        onMouseDown={(event) => event.preventDefault()}
      >
        {choices.map((choice, index) => (
          <span
            key={choice.id}
            id={`${id}-${index}`}
            role="option"
            ref={index === at ? keepInView : undefined}
            aria-selected={index === at}
            onClick={() => pick(choice)}
          >
            <b>{choice.label}</b>
            {choice.more && <small>{choice.more}</small>}
          </span>
        ))}
      </span>
      {isOpen && isDone && choices.length === 0 && <small role="status">{error || "Nic nie znaleziono."}</small>}
    </span>
  );
}
