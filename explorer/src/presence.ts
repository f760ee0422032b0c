// Somebody is at the desk while there is input. Requests that no person made must not keep a session open.
const SHORT_ABSENCE = 5 * 60_000;

let lastInput = Date.now();
const waiting = new Set<() => void>();

function somebodyIsHere() {
  lastInput = Date.now();
  const tasks = [...waiting];
  waiting.clear();
  for (const task of tasks) task();
}

for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"])
  addEventListener(kind, somebodyIsHere, { capture: true, passive: true });

/** Now, or as soon as somebody is back. */
export function whenPresent(task: () => void): void {
  if (Date.now() - lastInput < SHORT_ABSENCE) task();
  else waiting.add(task);
}
