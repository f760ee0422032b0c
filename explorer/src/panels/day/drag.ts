// Dragging a visit onto a free slot, by pointer events: not every browser supports native drag and drop of buttons.
import { useState, type PointerEvent as ReactPointerEvent } from "react";
import type { Cell } from "./layout";

const FAR_ENOUGH = 6; // pixels; a shorter movement is a click
const EDGE = 40;

interface Drop {
  over: string | null;
  begin: (event: ReactPointerEvent, cell: Cell) => void;
}

function slotAt(event: PointerEvent): string | null {
  const cell = document
    .elementFromPoint(event.clientX, event.clientY)
    ?.closest<HTMLElement>("[data-cell].FREE:not(.past)");
  return cell?.dataset.cell ?? null;
}

/** Scrolls the sheet when a visit is dragged to its edge. */
function scrollAlong(event: PointerEvent, grid: Element | null) {
  if (!grid) return;
  const box = grid.getBoundingClientRect();
  if (event.clientY < box.top + EDGE) grid.scrollTop -= EDGE / 2;
  if (event.clientY > box.bottom - EDGE) grid.scrollTop += EDGE / 2;
  if (event.clientX < box.left + EDGE) grid.scrollLeft -= EDGE / 2;
  if (event.clientX > box.right - EDGE) grid.scrollLeft += EDGE / 2;
}

/** Suppresses the click after a drag. */
function swallowClick() {
  const swallow = (event: Event) => event.stopPropagation();
  addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", swallow, true));
}

export function useDrag(dropped: (visit: Cell, slot: string) => void): Drop {
  const [over, setOver] = useState<string | null>(null);
  const begin = (start: ReactPointerEvent, cell: Cell) => {
    if (cell.visit?.status !== "BOOKED" || start.button !== 0) return;
    const grid = start.currentTarget.closest(".grid");
    let isDragging = false;
    const move = (event: PointerEvent) => {
      const distance = Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY);
      isDragging ||= distance > FAR_ENOUGH;
      if (!isDragging) return;
      document.documentElement.classList.add("dragging");
      scrollAlong(event, grid);
      setOver(slotAt(event));
    };
    const end = (event: PointerEvent) => {
      for (const [kind, listener] of LISTENERS) removeEventListener(kind, listener as EventListener);
      document.documentElement.classList.remove("dragging");
      setOver(null);
      if (!isDragging) return;
      swallowClick();
      const slot = event.type === "pointerup" ? slotAt(event) : null;
      if (slot) dropped(cell, slot);
    };
    const LISTENERS = [
      ["pointermove", move],
      ["pointerup", end],
      ["pointercancel", end],
    ] as const;
    for (const [kind, listener] of LISTENERS) addEventListener(kind, listener as EventListener);
  };
  return { over, begin };
}
