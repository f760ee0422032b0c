// The desk: GraphiQL with panels for those who never look at its editor; nothing is kept in the browser.
import "graphiql/graphiql.css";
import "@graphiql/plugin-explorer/dist/style.css";
import "./desk.css";
import { GraphiQLProvider } from "@graphiql/react";
import { GraphiQL, GraphiQLInterface } from "graphiql";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ask } from "./api";
import { Connection } from "./editor/Editor";
import { fetcher } from "./editor/fetcher";
import { restoreTabs, storage } from "./editor/storage";
import { DeskDocument } from "./generated";
import { nonce, operations } from "./page";
import { Bar, NoticeLine } from "./shell/Bar";
import { LogInAgain, useIsOver } from "./shell/LogInAgain";
import { Bridge, followPlugin, plugins } from "./shell/panels";
import { restore, useWorkspace } from "./workspace";

const first = operations[0]!;
setNonce(nonce); // allows the one style element that GraphiQL's dialogs insert

function Desk() {
  const isOver = useIsOver();
  const isWide = useWorkspace((state) => state.panel !== "editor");
  return (
    <>
      {isOver && <LogInAgain />}
      <div className="desk" hidden={isOver}>
        <Bar />
        <GraphiQLProvider
          fetcher={fetcher}
          storage={storage}
          defaultTabs={[{ query: first.query, variables: first.variables }]}
          plugins={plugins}
          onTogglePluginVisibility={followPlugin}
          shouldPersistHeaders={false}
        >
          <Bridge />
          <Connection />
          <main>
            <GraphiQLInterface
              className={isWide ? "wide" : ""}
              defaultEditorToolsVisibility="variables"
              forcedTheme="light"
              isHeadersEditorEnabled={false}
            >
              <GraphiQL.Logo>
                <span />
              </GraphiQL.Logo>
            </GraphiQLInterface>
          </main>
        </GraphiQLProvider>
        <NoticeLine />
      </div>
    </>
  );
}

// If the saved workspace cannot be read, the desk starts empty.
await restore(async () => (await ask(DeskDocument, {})).me?.workspace).catch(() => {});
restoreTabs(first);
createRoot(document.getElementById("graphiql")!).render(
  <StrictMode>
    <Desk />
  </StrictMode>,
);
