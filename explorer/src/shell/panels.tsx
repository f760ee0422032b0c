// The desk's panels as plugins of GraphiQL; each fills the screen, and the editor is one of them.
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { usePluginContext, type GraphiQLPlugin } from "@graphiql/react";
import { useEffect, type ReactNode } from "react";
import { EditorMenu } from "../editor/Editor";
import { CallsPanel } from "../panels/calls/CallsPanel";
import { DayPanel } from "../panels/day/DayPanel";
import { FormsPanel } from "../panels/forms/FormsPanel";
import { PatientPanel } from "../panels/patient/PatientPanel";
import { change, current, useWorkspace, type PanelName } from "../workspace";

function icon(paths: string, label: string) {
  return function Icon(): ReactNode {
    return (
      <>
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
          <path
            d={paths}
            fill="none"
            stroke="currentColor"
            strokeWidth="1.8"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
        <span className="plugin-name">{label}</span>
      </>
    );
  };
}

const PANELS: Record<PanelName, GraphiQLPlugin> = {
  day: {
    title: "Terminarz dnia",
    icon: icon("M4 6h16v14H4zM4 10h16M9 10v10M15 10v10M8 3v4M16 3v4", "Terminarz"),
    content: DayPanel,
  },
  patient: {
    title: "Szukaj",
    icon: icon("M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l5 5", "Szukaj"),
    content: PatientPanel,
  },
  calls: {
    title: "Do kogo zadzwonić",
    icon: icon(
      "M6 3h4l2 5-3 2a11 11 0 0 0 5 5l2-3 5 2v4c0 1-1 2-2 2A16 16 0 0 1 4 5c0-1 1-2 2-2z",
      "Do kogo zadzwonić",
    ),
    content: CallsPanel,
  },
  forms: { title: "Formularz", icon: icon("M6 3h12v18H6zM9 8h6M9 12h6M9 16h3", "Formularz"), content: FormsPanel },
  editor: { title: "Edytor", icon: icon("M8 7l-5 5 5 5M16 7l5 5-5 5", "Edytor"), content: EditorMenu },
};

export const plugins = [...Object.values(PANELS), explorerPlugin()];

const nameOf = (plugin: GraphiQLPlugin | null) =>
  (Object.keys(PANELS) as PanelName[]).find((name) => PANELS[name].title === plugin?.title);

/** Called when GraphiQL opens another plugin: the workspace follows. `Bridge` does the reverse. */
export const followPlugin = (plugin: GraphiQLPlugin | null) => plugin && change({ panel: nameOf(plugin) ?? "editor" });

const GRAPHIQLS_OWN = 2; // documentation and history come before our plugins
const BEGINNINGS: Record<PanelName, string> = {
  day: ".grid [tabindex='0']",
  patient: ".patient :is(.main, input)",
  calls: ".calls .list [aria-pressed=true]",
  forms: ".forms .ready input",
  editor: ".graphiql-query-editor textarea",
};

/** Opens a panel like a click on its button, and moves the focus to it once it is shown. */
function open(panel: PanelName) {
  const index = plugins.indexOf(PANELS[panel]) + GRAPHIQLS_OWN;
  document.querySelector<HTMLElement>(`.graphiql-sidebar button[data-index="${index}"]`)?.click();
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** Alt+1 to 5 open the panels from anywhere; pressed again, they move the focus to the start of the panel. */
function usePanelKeys() {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const number = /^Digit([1-5])$/.exec(event.code)?.[1];
      if (!number || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const panel = (Object.keys(PANELS) as PanelName[])[Number(number) - 1]!;
      event.preventDefault();
      if (current().panel === panel) document.querySelector<HTMLElement>(BEGINNINGS[panel])?.focus();
      else open(panel);
    };
    addEventListener("keydown", press, true); // capturing, so that this runs before the editor's own shortcuts
    return () => removeEventListener("keydown", press, true);
  }, []);
}

export function Bridge() {
  usePanelKeys();
  const { visiblePlugin, setVisiblePlugin } = usePluginContext({ nonNull: true });
  const panel = useWorkspace((state) => state.panel);
  useEffect(() => {
    const isThere =
      nameOf(visiblePlugin) === panel || (panel === "editor" && visiblePlugin !== null && !nameOf(visiblePlugin));
    if (!isThere) setVisiblePlugin(PANELS[panel]);
  }, [panel]);
  useEffect(() => {
    const keepOpen = (event: MouseEvent) => {
      const button = event.target instanceof Element && event.target.closest(".wide .graphiql-sidebar button.active");
      if (button) event.stopPropagation(); // a second click would close the panel and leave the editor
    };
    addEventListener("click", keepOpen, true);
    return () => removeEventListener("click", keepOpen, true);
  }, []);
  return null;
}
