// GraphiQL's editor, for those who want the query itself: its connection to the desk, and the menu of ready operations.
import { useEditorContext, useExecutionContext } from "@graphiql/react";
import { useEffect } from "react";
import { page } from "../page";
import { useWorkspace } from "../workspace";
import { chooseByClick } from "./ids";
import { connect, openInEditor, openWaiting } from "./open";

/** Always mounted, in every panel: opening an operation in the editor needs GraphiQL's state. */
export function Connection() {
  const editors = useEditorContext({ nonNull: true });
  const { isFetching } = useExecutionContext({ nonNull: true });
  const isShown = useWorkspace((state) => state.panel === "editor");
  connect(editors);
  const { queryEditor, variableEditor, responseEditor } = editors;
  useEffect(() => {
    for (const [editor, name] of [
      [queryEditor, "Zapytanie"],
      [variableEditor, "Zmienne"],
      [responseEditor, "Odpowiedź"],
    ] as const) {
      editor?.setOption("lineWrapping", true);
      editor?.getInputField().setAttribute("aria-label", name);
    }
    if (queryEditor && variableEditor) setTimeout(openWaiting); // it updates state, so it must run after the render
    if (responseEditor) chooseByClick(responseEditor);
    if (variableEditor) chooseByClick(variableEditor);
  }, [queryEditor, variableEditor, responseEditor]);
  useEffect(() => {
    if (!isShown) return;
    const turn = setTimeout(() => {
      // While hidden, they were rendered empty.
      for (const editor of [queryEditor, variableEditor, responseEditor]) editor?.refresh();
    });
    return () => clearTimeout(turn);
  }, [isShown, queryEditor, variableEditor, responseEditor]);
  return <span hidden data-fetching={isFetching} />;
}

export function EditorMenu() {
  const { tabs, activeTabIndex } = useEditorContext({ nonNull: true });
  return (
    <nav className="ready" aria-label="Gotowe operacje">
      <h1 className="hidden">Edytor</h1>
      {page.topics.map((topic) => (
        <section key={topic.title}>
          <h2>{topic.title}</h2>
          {topic.operations.map((operation) => (
            <button
              type="button"
              key={operation.name}
              aria-current={tabs[activeTabIndex]?.title === operation.name}
              onClick={() => openInEditor(operation, false)}
            >
              {operation.title}
              <small>{operation.name}</small>
            </button>
          ))}
        </section>
      ))}
    </nav>
  );
}
