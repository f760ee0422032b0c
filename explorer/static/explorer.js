// GraphiQL for the desk: a menu of ready operations, nothing kept in the browser but what is on the screen.
"use strict";

const memory = new Map(); // patients' data stay out of localStorage
const storage = {
  get length() {
    return memory.size;
  },
  getItem: (key) => memory.get(key) ?? null,
  setItem: (key, value) => memory.set(key, value),
  removeItem: (key) => memory.delete(key),
  clear: () => memory.clear(),
};

storage.setItem("graphiql:secondaryEditorFlex", "1"); // as much room for variables as for the document

const topics = JSON.parse(document.getElementById("topics").textContent);
const first = topics[0].operations[0];
const e = React.createElement;

async function logOut() {
  await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "mutation { logOut }" }),
  });
  location.reload();
}

let isSetUp = false;

function setUp(queryEditor, variableEditor, responseEditor) {
  if (isSetUp) return;
  isSetUp = true;
  variableEditor.setValue(first.variables); // GraphiQL forgets those of a default tab
  for (const editor of [queryEditor, variableEditor, responseEditor]) editor.setOption("lineWrapping", true);
}

function Menu() {
  const editors = GraphiQL.React.useEditorContext();
  const { tabs, activeTabIndex, addTab, changeTab, queryEditor, variableEditor, responseEditor } = editors;
  React.useEffect(() => {
    if (queryEditor && variableEditor && responseEditor) setUp(queryEditor, variableEditor, responseEditor);
  });
  const open = (operation) => {
    const there = tabs.findIndex((tab) => tab.title === operation.name); // with what was filled in and answered
    if (there >= 0) return changeTab(there);
    ReactDOM.flushSync(addTab);
    queryEditor.setValue(operation.query);
    variableEditor.setValue(operation.variables);
    editors.setOperationName(operation.name); // else the play button asks for the one before, for a moment
  };
  const button = (operation) => {
    const isOpen = tabs[activeTabIndex]?.title === operation.name;
    const what = { key: operation.name, onClick: () => open(operation), "aria-current": isOpen };
    return e("button", what, operation.title, e("small", null, operation.name));
  };
  return e("nav", { className: "ready" }, ...topics.map((topic) =>
    e("section", { key: topic.title }, e("h2", null, topic.title), ...topic.operations.map(button))));
}

const lines = ["M4 6h16", "M4 12h16", "M4 18h16"].map((d) => e("path", { key: d, d, stroke: "currentColor", strokeWidth: 2 }));
const menu = {
  title: "Gotowe operacje",
  icon: () => e("svg", { viewBox: "0 0 24 24", width: 24, height: 24 }, lines),
  content: Menu,
};
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  e(
    GraphiQL,
    {
      fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
      storage,
      defaultTabs: [{ query: first.query, variables: first.variables }],
      plugins: [menu, GraphiQLPluginExplorer.explorerPlugin()],
      visiblePlugin: menu,
      defaultEditorToolsVisibility: "variables",
      shouldPersistHeaders: false,
    },
    e(GraphiQL.Logo, null, e("span", null, document.body.dataset.who, " "), e("button", { onClick: logOut }, "Wyloguj"))
  )
);
