// Beside the grid: what can be done with the slot or visit that is selected.
import { useLayoutEffect, useRef, type KeyboardEvent, type ReactNode } from "react";
import type { FreeSlotFragment } from "../../generated";
import { timeOf } from "../../time";
import { LOOKS } from "../../words/states";
import { Trouble } from "../Trouble";
import { FreeSide } from "./FreeSide";
import { focusCell } from "./Grid";
import { select, show, useDesk } from "./sheetState";
import { press } from "./keys";
import { stateOf, type Cell } from "./layout";
import { Overview } from "./Overview";
import { ClosedSide } from "./ClosedSide";
import { VisitSide } from "./VisitSide";

export function Side({ cell, cells }: { cell: Cell | undefined; cells: Cell[] }) {
  const { said, lost } = useDesk();
  const keyDown = (event: KeyboardEvent) => {
    if (!cell) return;
    const isText = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
    if (event.key === "Escape") (select(null), focusCell(cell.id));
    else if (isText || event.ctrlKey || event.altKey || !press(event.key, cell)) return;
    event.preventDefault();
  };
  return (
    <section className="side" aria-label="Wybrany termin" onKeyDown={keyDown}>
      {said && (
        <p className="done" role="status">
          {said}
        </p>
      )}
      {lost && <Trouble refusal={lost} onAlternative={(slot) => show(placeOf(slot))} />}
      {cell && <Chosen key={cell.id + (cell.visit?.id ?? "")} cell={cell} />}
      {!cell && !lost && <Overview cells={cells} />}
    </section>
  );
}

const placeOf = (slot: FreeSlotFragment) => ({ startsAt: slot.startsAt, slot: slot.id, clinic: slot.clinic.id });

function Chosen({ cell }: { cell: Cell }) {
  return (
    <>
      <SlotHeader cell={cell}>
        <button type="button" className="close" aria-label="Zamknij" onClick={() => select(null)}>
          ×
        </button>
      </SlotHeader>
      <Body cell={cell} />
    </>
  );
}

function Body({ cell }: { cell: Cell }) {
  if (cell.visit) return <VisitSide cell={cell} visit={cell.visit} />;
  if (cell.state === "FREE") return <FreeSide cell={cell} />;
  return <ClosedSide cell={cell} />;
}

function SlotHeader({ cell, children }: { cell: Cell; children: ReactNode }) {
  const state = stateOf(cell);
  return (
    <header>
      <h2>
        {timeOf(cell.startsAt)}–{timeOf(cell.endsAt)}{" "}
        <span className={`badge ${state}`}>{`${LOOKS[state].sign} ${LOOKS[state].word}`}</span>
      </h2>
      <p>
        {cell.doctor.fullName}
        <br />
        {cell.clinic.name}
      </p>
      {children}
    </header>
  );
}

/** The control that Enter should activate gets the focus when it appears, before the next key can be pressed. */
export function useFirstFocus<T extends HTMLElement>(...of: unknown[]) {
  const element = useRef<T>(null);
  useLayoutEffect(() => void element.current?.focus(), of);
  return element;
}
