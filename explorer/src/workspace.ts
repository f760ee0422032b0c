// What is open at the desk. It is stored with the session on the server, never in the browser.
import { useSyncExternalStore } from "react";
import { ask } from "./api";
import { KeepDeskDocument } from "./generated";
import { onLeaving } from "./session";
import { today } from "./time";

export type PanelName = "day" | "patient" | "forms" | "calls" | "editor";

export interface OpenForm {
  operation: string;
  values: Record<string, unknown>;
}

export interface Workspace {
  panel: PanelName;
  day: string;
  view: "day" | "week";
  clinics: string[];
  doctor: string | null;
  patient: string | null;
  callDay: string;
  callClinic: string | null;
  forms: OpenForm[];
  form: string | null;
  chosen: Record<string, { id: string; label: string }>;
  tabs: string | null;
  /** The time of the last change, in milliseconds; of two saves, the server keeps the later one. */
  version: number;
}

const BEGIN: Workspace = {
  panel: "day",
  day: today(),
  view: "day",
  clinics: [],
  doctor: null,
  patient: null,
  callDay: today(),
  callClinic: null,
  forms: [],
  form: null,
  chosen: {},
  tabs: null,
  version: 0,
};
const PAUSE = 700;
const LATEST = 10_000;

let workspace = BEGIN;
let timer: ReturnType<typeof setTimeout> | undefined;
let keptVersion = 0;
const listeners = new Set<() => void>();

export const current = () => workspace;

/** Reads the saved workspace. The previous page's last save may still be on its way to the server: wait for it. */
export async function restore(read: () => Promise<string | null | undefined>): Promise<void> {
  const { workspaceVersion: left = 0 } = (history.state ?? {}) as { workspaceVersion?: number };
  for (const end = performance.now() + LATEST; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    const kept = await read();
    if (kept) workspace = { ...BEGIN, ...(JSON.parse(kept) as Partial<Workspace>) };
    if (workspace.version >= left || performance.now() > end) break;
  }
  keptVersion = workspace.version;
  if (left) history.replaceState({ ...(history.state as object | null), workspaceVersion: 0 }, "");
}

export function change(part: Partial<Workspace>): void {
  workspace = { ...workspace, ...part, version: Math.max(Date.now(), workspace.version + 1) };
  for (const listener of listeners) listener();
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
}

const inputOf = (workspace: Workspace) => ({
  content: JSON.stringify(workspace),
  changedAt: new Date(workspace.version).toISOString(),
});

function keep() {
  clearTimeout(timer);
  timer = undefined;
  const { version } = workspace;
  ask(KeepDeskDocument, { input: inputOf(workspace) })
    .then(() => (keptVersion = Math.max(keptVersion, version)))
    .catch(() => {});
}

onLeaving(() => {
  clearTimeout(timer);
  timer = undefined;
  keptVersion = workspace.version; // so that it is not saved in the next person's session
});

const isKept = () => keptVersion >= workspace.version;

// Stores the version that the next page has to wait for. Chromium ignores `replaceState` in a pagehide handler.
addEventListener("beforeunload", () => {
  if (!isKept()) history.replaceState({ ...(history.state as object | null), workspaceVersion: workspace.version }, "");
});

// The browser cancels the page's requests, except those sent with `keepalive`.
addEventListener("pagehide", () => {
  if (isKept()) return;
  const body = JSON.stringify({
    query: KeepDeskDocument.toString(),
    variables: { input: inputOf(workspace) },
  });
  void fetch("/graphql", { method: "POST", headers: { "content-type": "application/json" }, body, keepalive: true });
});

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useWorkspace<T>(select: (workspace: Workspace) => T): T {
  return useSyncExternalStore(subscribe, () => select(workspace));
}
