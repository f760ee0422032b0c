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

/** Registers a function that discards the previous user's data before the page is reloaded. */
export const onLeaving = (drop: () => void) => void farewells.push(drop);

export function leave(): void {
  for (const drop of farewells) drop();
  location.reload();
}

/** Reopens the desk for the same user in the same role; anybody else gets a fresh page. */
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
