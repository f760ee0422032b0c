// Terminarz dnia: a day of all doctors, or a week of one.
import { useEffect } from "react";
import { useChanged } from "../../notice";
import { addDays, moment } from "../../time";
import { current, useWorkspace } from "../../workspace";
import { personName } from "../../words/people";
import { focusCell, Grid } from "./Grid";
import { forget, useDesk, type Intent } from "./sheetState";
import { isFree, type Cell } from "./layout";
import { PrintSheet } from "./PrintSheet";
import { useClinics, useSheet } from "./sheet";
import { Side } from "./Side";
import { goTo, Toolbar } from "./Toolbar";

function useSelected(cells: Cell[]): Cell | undefined {
  const { slot, visit, visitAt } = useDesk();
  const isVisit = (cell: Cell) => visit !== null && cell.visit?.id === visit && cell.startsAt === (visitAt ?? cell.startsAt);
  return cells.find((cell) => cell.id === slot || isVisit(cell));
}

function useDayKeys() {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!event.altKey || !step) return;
      event.preventDefault(); // suppresses the browser's shortcuts for back and forward
      goTo(addDays(current().day, current().view === "day" ? step : 7 * step));
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

export function DayPanel() {
  const { clinics } = useClinics();
  const sheet = useSheet();
  const { intent, said } = useDesk();
  const selected = useSelected(sheet.cells);
  const view = useWorkspace((state) => state.view);
  useChanged(sheet.again);
  useDayKeys();
  useEffect(() => {
    if (said && selected) focusCell(selected.id); // so that another Enter does not mark the patient as arrived
  }, [said, selected?.id]);
  return (
    <div className="day">
      <Toolbar clinics={clinics} isLoading={sheet.isLoading} />
      {!(selected && isFree(selected)) && <Banner intent={intent} />}
      {sheet.error && (
        <p className="trouble" role="alert">
          {sheet.error}{" "}
          <button type="button" onClick={sheet.again}>
            Jeszcze raz
          </button>
        </p>
      )}
      <div className="sheet">
        {sheet.columns.length > 0 ? (
          <Grid columns={sheet.columns} selected={selected} />
        ) : (
          <Nothing isLoading={sheet.isLoading} />
        )}
        <Side cell={selected} cells={sheet.cells} />
      </div>
      <PrintSheet columns={sheet.columns} view={view} />
    </div>
  );
}

function Nothing({ isLoading }: { isLoading: boolean }) {
  return <div className="nothing">{isLoading ? "" : "Nie ma tu terminów: nikt w tym czasie nie przyjmuje."}</div>;
}

function Banner({ intent }: { intent: Intent }) {
  if (intent.kind === "none") return null;
  const text =
    intent.kind === "book"
      ? `Rezerwacja dla: ${personName(intent.patient)}. Prosimy wskazać wolny termin.`
      : `Przekładanie wizyty: ${intent.visit.person}, ${moment(intent.visit.startsAt)}. Prosimy wskazać wolny termin, także w innym dniu.`;
  return (
    <p className="banner" role="status">
      {text}{" "}
      <button type="button" onClick={forget}>
        Rezygnuję
      </button>
    </p>
  );
}
