// GraphiQL's storage: this page's memory. Its tabs are part of the workspace; nothing goes into the browser's storage.
import { change, current } from "../workspace";

const TABS = "graphiql:tabState";
const MOST = 20_000; // characters; the whole workspace may have 64 KiB

const memory = new Map<string, string>();

interface TabState {
  tabs: { query: string | null; variables: string | null }[];
  activeTabIndex: number;
}

const isSecret = (tab: { query: string | null; variables: string | null }) =>
  /password|oneTimeCode/i.test(`${tab.query} ${tab.variables}`);

/** The tabs to save; those that contain a password or a code are left out. */
function keepable(state: string): string | null {
  const { tabs } = JSON.parse(state) as TabState;
  const kept = JSON.stringify({ tabs: tabs.filter((tab) => !isSecret(tab)), activeTabIndex: 0 });
  return kept.length <= MOST ? kept : null;
}

/** `first`: the operation of GraphiQL's first tab, whose variables GraphiQL reads only from its storage. */
export function restoreTabs(first: { variables: string }): void {
  memory.set("graphiql:secondaryEditorFlex", "1"); // the variables get as much room as the document
  const kept = current().tabs;
  if (kept && (JSON.parse(kept) as TabState).tabs.length > 0) memory.set(TABS, kept);
  else memory.set("graphiql:variables", first.variables);
}

export const storage: Storage = {
  get length() {
    return memory.size;
  },
  key: (index) => [...memory.keys()][index] ?? null,
  getItem: (key) => memory.get(key) ?? null,
  setItem: (key, value) => {
    memory.set(key, value);
    if (key !== TABS) return;
    const tabs = keepable(value);
    if (tabs !== current().tabs) change({ tabs });
  },
  removeItem: (key) => void memory.delete(key),
  clear: () => memory.clear(),
};
