// Opens an operation in GraphiQL's editor: in a new tab, or in the tab that has it already.
import type { EditorContextType } from "@graphiql/react";
import { flushSync } from "react-dom";
import { filled } from "../recentIds";
import { change } from "../workspace";

export interface Editable {
  name: string;
  query: string;
  variables: string;
}

let editors: EditorContextType | null = null;
let waiting: (() => void) | null = null;

/** GraphiQL's own state, as it is now. */
export const connect = (context: EditorContextType) => (editors = context);

/** Called when the editors are ready: opens the operation that was requested in the meantime. */
export function openWaiting(): void {
  const open = waiting;
  waiting = null;
  open?.();
}

export function openInEditor(operation: Editable, isToReplace = true): void {
  change({ panel: "editor" });
  if (!editors?.queryEditor || !editors.variableEditor) {
    waiting = () => openInEditor(operation, isToReplace);
    return;
  }
  const there = editors.tabs.findIndex((tab) => tab.title === operation.name);
  if (there < 0) flushSync(editors.addTab);
  else flushSync(() => editors!.changeTab(there));
  if (there >= 0 && !isToReplace) return; // the tab keeps its variables and its answer
  editors.queryEditor?.setValue(operation.query);
  editors.variableEditor?.setValue(filled(operation.variables));
  editors.setOperationName(operation.name); // otherwise the play button would, for a moment, run the previous operation
}
