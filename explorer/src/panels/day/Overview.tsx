// Shown when nothing is selected: a summary of the day, and the next free slots.
import { useState, type FormEvent } from "react";
import { ask } from "../../api";
import { NextFreeDocument } from "../../generated";
import { moment } from "../../time";
import { useAnswer } from "../../useAnswer";
import { useWorkspace } from "../../workspace";
import { CONFIRMED, LOOKS, type CellState } from "../../words/states";
import { show } from "./sheetState";
import { useClinics } from "./sheet";
import { isConfirmed, stateOf, type Cell } from "./layout";

export function Overview({ cells }: { cells: Cell[] }) {
  return (
    <>
      <NextFree />
      <Legend cells={cells} />
      <Keys />
    </>
  );
}

function Legend({ cells }: { cells: Cell[] }) {
  const counts = new Map<CellState, number>();
  for (const cell of cells) counts.set(stateOf(cell), (counts.get(stateOf(cell)) ?? 0) + 1);
  const confirmed = cells.filter((cell) => cell.visit && isConfirmed(cell.visit)).length;
  return (
    <section>
      <h2>Stan</h2>
      <ul className="legend">
        {(Object.keys(LOOKS) as CellState[])
          .filter((state) => counts.has(state))
          .map((state) => (
            <li key={state}>
              <span className={`badge ${state}`} aria-hidden="true">
                {LOOKS[state].sign}
              </span>{" "}
              {LOOKS[state].word} <b>{counts.get(state)}</b>
            </li>
          ))}
        {confirmed > 0 && (
          <li>
            <span className="badge" aria-hidden="true">
              {CONFIRMED.sign}
            </span>{" "}
            {CONFIRMED.word} <b>{confirmed}</b>
          </li>
        )}
      </ul>
    </section>
  );
}

/** The next free slots in these clinics; in all clinics if the list is empty. */
async function nextFree(search: string, clinics: string[]) {
  const places = clinics.length > 0 ? clinics : [null];
  const answers = await Promise.all(places.map((clinic) => ask(NextFreeDocument, { search, clinic })));
  const doctors = answers.flatMap((answer) => answer.doctors.nodes);
  return doctors.flatMap((doctor) => (doctor.nextFreeSlot ? [doctor.nextFreeSlot] : []));
}

function useNextFree(search: string) {
  const wanted = useWorkspace((state) => state.clinics);
  const { clinics: mine, areLimited } = useClinics();
  const clinics = wanted.length > 0 || !areLimited ? wanted : mine.map((clinic) => clinic.id);
  const answer = useAnswer(search ? () => nextFree(search, clinics) : null, search, clinics.join());
  const slots = [...(answer.data ?? [])];
  return {
    slots: slots.sort((a, b) => (a.startsAt < b.startsAt ? -1 : 1)),
    isDone: Boolean(search) && !answer.isLoading,
    error: answer.error,
  };
}

function NextFree() {
  const [text, setText] = useState("");
  const [search, setSearch] = useState("");
  const { slots, isDone, error } = useNextFree(search);
  const submit = (event: FormEvent) => (event.preventDefault(), setSearch(text.trim()));
  return (
    <section>
      <h2>Najbliższy wolny termin</h2>
      <form className="line" onSubmit={submit}>
        <input
          aria-label="Lekarz lub specjalizacja"
          placeholder="lekarz lub specjalizacja"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <button>Pokaż</button>
      </form>
      <p role="status">{error || (isDone && slots.length === 0 ? "Nie znaleziono wolnych terminów." : "")}</p>
      <ol className="next">
        {slots.map((slot) => (
          <li key={slot.id}>
            <button
              type="button"
              onClick={() => show({ startsAt: slot.startsAt, slot: slot.id, clinic: slot.clinic.id })}
            >
              <b>{moment(slot.startsAt)}</b>
              <small>
                {slot.doctor.fullName} · {slot.clinic.name}
              </small>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

const KEYS: [string, string][] = [
  ["↑ ↓ ← →", "chodzenie po terminach"],
  ["Enter", "wybór terminu"],
  ["J O N C", "jest, odbyła się, nie przyszedł, cofnij"],
  ["P", "przełóż wizytę"],
  ["Esc", "powrót do terminarza"],
  ["Alt + ← →", "dzień wcześniej, później"],
  ["/", "szukaj pacjenta"],
  ["Alt + 1 … 5", "panele po lewej"],
];

function Keys() {
  return (
    <details>
      <summary>Klawisze</summary>
      <dl className="keys">
        {KEYS.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
