// Detects by input whether somebody is at the desk. Automatic requests must not keep an unattended session open.
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

/** Runs the task now or, if nobody is at the desk, as soon as somebody is back. */
export function whenPresent(task: () => void): void {
  if (Date.now() - lastInput < SHORT_ABSENCE) task();
  else waiting.add(task);
}
