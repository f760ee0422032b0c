// Do kogo zadzwonić: the call list as a list to work through.
import { useRef, useState, type KeyboardEvent } from "react";
import { flushSync } from "react-dom";
import { ask } from "../../api";
import { CallListDocument, type CallListQuery } from "../../generated";
import { useFocusIfNowhere } from "../../focus";
import { usePatientChanges } from "../../live";
import { useChanged } from "../../notice";
import { addDays, isDay, longDay, moment, now, timeOf, today } from "../../time";
import { useAnswer } from "../../useAnswer";
import { CALL_REASONS, OUTCOMES } from "../../words/states";
import { counted, personName, phoneText } from "../../words/people";
import { change, useWorkspace } from "../../workspace";
import { useClinics } from "../day/sheet";
import { ShowQuery } from "../ShowQuery";
import { CallSide, OfferSide } from "./CallSide";

export type Entry = CallListQuery["callList"][number];
export type WaitingOffer = CallListQuery["offersToTell"][number];

const isForLater = (entry: Entry) => Boolean(entry.calls[0]?.againAt && entry.calls[0].againAt.slice(0, 16) > now());

/** Patients whose visit cannot take place come first; those not reached, to be called again later, come last. */
function inOrder(entries: Entry[]): Entry[] {
  const rank = (entry: Entry) => {
    if (isForLater(entry)) return `2${entry.calls[0]!.againAt}`;
    return `${entry.visit.doctorIsAbsent ? 0 : 1}${entry.visit.startsAt}`;
  };
  return [...entries].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

const SELECTED = "[aria-pressed=true]";

export function CallsPanel() {
  const day = useWorkspace((state) => state.callDay);
  const clinic = useWorkspace((state) => state.callClinic);
  const [selected, setSelected] = useState<string | null>(null);
  const answer = useAnswer(() => ask(CallListDocument, { day, clinic }), day, clinic);
  useChanged(answer.again);
  usePatientChanges(null, answer.again);
  const entries = inOrder(answer.data?.callList ?? []);
  const offers = answer.data?.offersToTell ?? [];
  const entry =
    entries.find((one) => one.visit.id === selected) ??
    (offers.some((one) => one.id === selected) ? undefined : entries[0]);
  const offer = offers.find((one) => one.id === selected);
  const list = useFocusIfNowhere<HTMLDivElement>(SELECTED, entry?.visit.id ?? offer?.id);
  const rows = useRef<HTMLUListElement>(null);
  const keyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step && entry && entries[entries.indexOf(entry) + step];
    if (!step || !rows.current?.contains(event.target as Node)) return;
    event.preventDefault();
    if (!next) return;
    flushSync(() => setSelected(next.visit.id));
    rows.current.querySelector<HTMLElement>(SELECTED)?.focus();
  };
  const backToList = (event: KeyboardEvent) =>
    event.key === "Escape" && rows.current?.querySelector<HTMLElement>(SELECTED)?.focus();
  return (
    <div className="calls">
      <Toolbar day={day} />
      {answer.error && (
        <p className="trouble" role="alert">
          {answer.error}
        </p>
      )}
      <div className="sheet">
        <div className="list" ref={list} onKeyDown={keyDown}>
          <h2>
            {entries.length === 0 && !answer.isLoading
              ? "Nie ma do kogo dzwonić."
              : counted(entries.length, "osoba", "osoby", "osób")}
          </h2>
          <ul aria-label="Do kogo zadzwonić" ref={rows}>
            {entries.map((one) => (
              <Row
                key={one.visit.id}
                entry={one}
                isSelected={one === entry}
                isStop={one === (entry ?? entries[0])}
                onSelect={() => setSelected(one.visit.id)}
              />
            ))}
          </ul>
          <Waiting offers={offers} selected={offer} onSelect={setSelected} />
        </div>
        <section className="side" aria-label="Rozmowa" onKeyDown={backToList}>
          {entry ? (
            <CallSide key={entry.visit.id} entry={entry} />
          ) : (
            offer && <OfferSide key={offer.id} offer={offer} />
          )}
        </section>
      </div>
    </div>
  );
}

function Toolbar({ day }: { day: string }) {
  const { clinics } = useClinics();
  const clinic = useWorkspace((state) => state.callClinic);
  const quick: [string, string][] = [
    ["Dzisiaj", today()],
    ["Jutro", addDays(today(), 1)],
  ];
  return (
    <div className="toolbar" role="toolbar" aria-label="Do kogo zadzwonić">
      <button type="button" aria-label="Dzień wcześniej" onClick={() => change({ callDay: addDays(day, -1) })}>
        ‹
      </button>
      {quick.map(([text, target]) => (
        <button type="button" key={text} aria-pressed={day === target} onClick={() => change({ callDay: target })}>
          {text}
        </button>
      ))}
      <button type="button" aria-label="Dzień później" onClick={() => change({ callDay: addDays(day, 1) })}>
        ›
      </button>
      <input
        type="date"
        aria-label="Wizyty dnia"
        value={day}
        onChange={(event) => isDay(event.target.value) && change({ callDay: event.target.value })}
      />
      <h1>wizyty: {longDay(day)}</h1>
      <select
        aria-label="Poradnia"
        value={clinic ?? ""}
        onChange={(event) => change({ callClinic: event.target.value || null })}
      >
        <option value="">Wszystkie poradnie</option>
        {clinics.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </select>
      <ShowQuery of="CallList" />
    </div>
  );
}

interface RowProps {
  entry: Entry;
  isSelected: boolean;
  isStop: boolean;
  onSelect: () => void;
}

/** Arrow keys move between rows, so that Tab moves on to the call. */
function Row({ entry, isSelected, isStop, onSelect }: RowProps) {
  const { visit, calls } = entry;
  const last = calls[0];
  return (
    <li>
      <button
        type="button"
        aria-pressed={isSelected}
        tabIndex={isStop ? 0 : -1}
        className={isForLater(entry) ? "later" : ""}
        onClick={onSelect}
      >
        <b>{timeOf(visit.startsAt)}</b>
        <span>
          {personName(visit.patient)}
          <small>{visit.doctor.fullName}</small>
        </span>
        <span>{phoneText(entry.phone) || "brak telefonu"}</span>
        <span>
          {visit.doctorIsAbsent && <em>lekarza nie będzie; </em>}
          {CALL_REASONS[entry.reason]}
          {last && (
            <small>
              {OUTCOMES[last.outcome]} {timeOf(last.at)}
              {last.againAt && `, ponownie ${moment(last.againAt)}`} ({last.staffName})
            </small>
          )}
        </span>
      </button>
    </li>
  );
}

function Waiting({
  offers,
  selected,
  onSelect,
}: {
  offers: WaitingOffer[];
  selected: WaitingOffer | undefined;
  onSelect: (id: string) => void;
}) {
  if (offers.length === 0) return null;
  return (
    <>
      <h2>Z listy oczekujących: zaproponowany termin, o którym nie doszła wiadomość</h2>
      <ul aria-label="Propozycje dla oczekujących">
        {offers.map((offer) => (
          <li key={offer.id}>
            <button type="button" aria-pressed={offer === selected} onClick={() => onSelect(offer.id)}>
              <b>{offer.slot && timeOf(offer.slot.startsAt)}</b>
              <span>{personName(offer.patient)}</span>
              <span>{phoneText(offer.patient.phone) || "brak telefonu"}</span>
              <span>do {moment(offer.expiresAt)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
