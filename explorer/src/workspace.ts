// What is open at the desk. It is kept in the memory of the server's session, never in the browser.
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
};
const PAUSE = 700;

let workspace = BEGIN;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export const current = () => workspace;

export function restore(kept: string | null | undefined): void {
  if (kept) workspace = { ...BEGIN, ...(JSON.parse(kept) as Partial<Workspace>) };
}

export function change(part: Partial<Workspace>): void {
  workspace = { ...workspace, ...part };
  for (const listener of listeners) listener();
  clearTimeout(timer);
  timer = setTimeout(keep, PAUSE);
}

function keep() {
  clearTimeout(timer);
  timer = undefined;
  ask(KeepDeskDocument, { input: { content: JSON.stringify(workspace) } }).catch(() => {});
}

onLeaving(() => {
  clearTimeout(timer);
  timer = undefined;
});

addEventListener("pagehide", () => {
  if (timer === undefined) return;
  const body = JSON.stringify({
    query: KeepDeskDocument.toString(),
    variables: { input: { content: JSON.stringify(workspace) } },
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
