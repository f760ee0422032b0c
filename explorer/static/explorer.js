// GraphiQL for the desk: ready operations as tabs, nothing kept in the browser but what is on the screen.
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

const tabs = JSON.parse(document.getElementById("operations").textContent);
const e = React.createElement;

async function logOut() {
  await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "mutation { logOut }" }),
  });
  location.reload();
}

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  e(
    GraphiQL,
    {
      fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
      storage,
      defaultTabs: tabs,
      plugins: [GraphiQLPluginExplorer.explorerPlugin()],
      defaultEditorToolsVisibility: "variables",
      shouldPersistHeaders: false,
    },
    e(GraphiQL.Logo, null, e("span", null, document.body.dataset.who, " "), e("button", { onClick: logOut }, "Wyloguj"))
  )
);
