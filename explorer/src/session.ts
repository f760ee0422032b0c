// The session's end: the screen is hidden, and comes back when the same person has logged in again.
import { page } from "./page";

let lastRequest = Date.now();
let reopening: Promise<void> | null = null;
let reopen = () => {};
const listeners = new Set<() => void>();
const farewells: (() => void)[] = [];

const tell = () => listeners.forEach((listener) => listener());

export function sessionWasUsed(): void {
  lastRequest = Date.now();
}

export const isOver = () => reopening !== null;

export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hides the desk; resolves when somebody is signed in again. */
export function end(): Promise<void> {
  if (!reopening) {
    reopening = new Promise((resolve) => (reopen = resolve));
    tell();
  }
  return reopening;
}

/** What to discard before this page is left: it belongs to the previous user. */
export const onLeaving = (drop: () => void) => void farewells.push(drop);

export function leave(): void {
  for (const drop of farewells) drop();
  location.reload();
}

/** A colleague has signed in at this desk, or somebody in another role: they get a page of their own. */
export function begin(login: string, role: string): void {
  if (login !== page.who || role !== page.role) return leave();
  sessionWasUsed();
  reopening = null;
  reopen();
  tell();
}

function look() {
  if (Date.now() - lastRequest > page.idleMinutes * 60_000) void end();
}

setInterval(look, 15_000);
addEventListener("focus", look);
