// The time grid: a column per doctor and clinic, a button per slot; arrow keys move, visits can be dragged.
import { useEffect, useRef, type KeyboardEvent, type PointerEvent } from "react";
import { choose } from "../../recentIds";
import { dayOf, hasBegun, minutesOf, now, timeOf } from "../../time";
import { CONFIRMED, LOOKS } from "../../words/states";
import { personName, phoneText } from "../../words/people";
import { useDrag } from "./drag";
import { intend, select } from "./sheetState";
import {
  heightOf,
  hoursOf,
  isConfirmed,
  isFree,
  scaleOf,
  stateOf,
  stepFrom,
  topOf,
  type Cell,
  type Column,
  type Scale,
  type Step,
} from "./layout";
import { press } from "./keys";

const STEPS: Record<string, Step> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Home: "first",
  End: "last",
};

export const focusCell = (id: string) =>
  document.querySelector<HTMLElement>(`[data-cell="${CSS.escape(id)}"]`)?.focus();

export const movable = (visit: NonNullable<Cell["visit"]>) => ({ ...visit, person: personName(visit.patient) });

export function Grid({ columns, selected }: { columns: Column[]; selected: Cell | undefined }) {
  const scale = scaleOf(columns);
  const stop = (selected ?? likeliest(columns))?.id;
  const first = useFirstView(columns, scale);
  const drag = useDrag((from, slot) => {
    if (from.visit) intend({ kind: "move", visit: movable(from.visit) });
    select(slot);
  });
  const keyDown = (event: KeyboardEvent<HTMLElement>) => {
    const id = (event.target as HTMLElement).dataset.cell;
    const step = STEPS[event.key];
    if (!id || event.ctrlKey || event.metaKey || event.altKey) return;
    const cell = columns.flatMap((column) => column.cells).find((one) => one.id === id);
    const to = step && stepFrom(columns, id, step);
    if (to) focusCell(to.id);
    if (to || (cell && press(event.key, cell))) event.preventDefault();
  };
  return (
    <div className="grid" ref={first} onKeyDown={keyDown}>
      <Hours scale={scale} />
      {columns.map((column) => (
        <section className="column" key={column.key} aria-label={`${column.title}, ${column.subtitle}`}>
          <header>
            <strong title={column.title}>{column.title}</strong>
            <small>
              wolne {column.cells.filter((cell) => isFree(cell) && !isPast(cell)).length} · {column.subtitle}
            </small>
          </header>
          <ul style={{ height: (scale.until - scale.from) * scale.perMinute }}>
            <Lines scale={scale} />
            {column.cells.map((cell) => (
              <CellButton
                key={cell.id}
                cell={cell}
                scale={scale}
                isSelected={cell.id === selected?.id}
                isStop={cell.id === stop}
                isOver={cell.id === drag.over}
                onGrip={drag.begin}
              />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

/** Where keyboard focus starts: at the next free slot, otherwise at the first slot. */
function likeliest(columns: Column[]): Cell | undefined {
  const cells = columns.flatMap((column) => column.cells);
  const free = cells.filter((cell) => isFree(cell) && !isPast(cell));
  return free.reduce((best, cell) => (cell.startsAt < best.startsAt ? cell : best), free[0]!) ?? cells[0];
}

const isPast = (cell: Cell) => isFree(cell) && hasBegun(cell.startsAt);

const clock = (minutes: number) => `${String(Math.floor(minutes / 60)).padStart(2, "0")}:00`;

function Hours({ scale }: { scale: Scale }) {
  return (
    <div className="hours" aria-hidden="true">
      {hoursOf(scale).map((minutes) => (
        <span key={minutes} style={{ top: (minutes - scale.from) * scale.perMinute }}>
          {clock(minutes)}
        </span>
      ))}
    </div>
  );
}

function Lines({ scale }: { scale: Scale }) {
  return hoursOf(scale).map((minutes) => (
    <li key={minutes} aria-hidden="true" className="line" style={{ top: (minutes - scale.from) * scale.perMinute }} />
  ));
}

/** Scrolls to the current time when a day is first shown. */
function useFirstView(columns: Column[], scale: Scale) {
  const box = useRef<HTMLDivElement>(null);
  const day = columns[0]?.cells[0] && dayOf(columns[0].cells[0].startsAt);
  useEffect(() => {
    if (!box.current || !day) return;
    const minutes = day === dayOf(now()) ? minutesOf(now()) - 40 : scale.from;
    box.current.scrollTop = Math.max(0, (minutes - scale.from) * scale.perMinute);
    if (document.activeElement === document.body)
      box.current.querySelector<HTMLElement>("[data-cell][tabindex='0']")?.focus({ preventScroll: true });
  }, [day]);
  return box;
}

interface CellProps {
  cell: Cell;
  scale: Scale;
  isSelected: boolean;
  isStop: boolean;
  isOver: boolean;
  onGrip: (event: PointerEvent, cell: Cell) => void;
}

function CellButton({ cell, scale, isSelected, isStop, isOver, onGrip }: CellProps) {
  const state = stateOf(cell);
  const click = () => {
    choose(cell.id, `${timeOf(cell.startsAt)} ${cell.doctor.fullName}`);
    if (cell.visit) choose(cell.visit.id, cell.visit.reference);
    if (cell.visit) choose(cell.visit.patient.id, personName(cell.visit.patient));
    select(cell.id);
  };
  const isAbsent = cell.visit && cell.visit.doctorIsAbsent;
  return (
    <li style={{ top: topOf(cell, scale), height: heightOf(cell, scale) }}>
      <button
        type="button"
        className={`cell ${state} ${isAbsent ? "doctor-absent" : ""} ${isOver ? "over" : ""} ${isPast(cell) ? "past" : ""}`}
        title={titleOf(cell)}
        data-cell={cell.id}
        aria-pressed={isSelected}
        tabIndex={isStop ? 0 : -1}
        onClick={click}
        onPointerDown={(event) => onGrip(event, cell)}
      >
        <span className="sign" aria-hidden="true">
          {LOOKS[state].sign}
        </span>
        <Words cell={cell} />
      </button>
    </li>
  );
}

const titleOf = (cell: Cell) =>
  cell.visit ? [personName(cell.visit.patient), cell.visit.reason].filter(Boolean).join(", ") : undefined;

function Words({ cell }: { cell: Cell }) {
  const time = <b>{timeOf(cell.startsAt)}</b>;
  const word = isPast(cell) ? "minął" : LOOKS[stateOf(cell)].word;
  if (!cell.visit)
    return (
      <span>
        {time} {word}
        <small className="name">
          {cell.blockReason ?? cell.absence?.reason ?? (cell.offer ? personName(cell.offer.patient) : "")}
        </small>
      </span>
    );
  const { patient, reason, doctorIsAbsent } = cell.visit;
  return (
    <span>
      {time} <Identity person={patient} /> {isConfirmed(cell.visit) && <Confirmed />}
      <small>{phoneText(patient.phone)}</small>
      <span className="name">
        {doctorIsAbsent && <em>lekarza nie będzie: </em>}
        {personName(patient)}
        {reason && <small> · {reason}</small>}
        <span className="hidden">, {word}</span>
      </span>
    </span>
  );
}

function Confirmed() {
  return (
    <abbr className="confirmed" title={CONFIRMED.word}>
      {CONFIRMED.sign}
      <span className="hidden"> {CONFIRMED.word}</span>{" "}
    </abbr>
  );
}

export function Identity({ person }: { person: { identityConfirmedAt?: string | null } }) {
  return person.identityConfirmedAt ? (
    <abbr className="confirmed" title="tożsamość potwierdzona">
      ✓<span className="hidden"> tożsamość potwierdzona</span>
    </abbr>
  ) : (
    <abbr className="unconfirmed" title="tożsamość niepotwierdzona">
      ?<span className="hidden"> tożsamość niepotwierdzona</span>
    </abbr>
  );
}
