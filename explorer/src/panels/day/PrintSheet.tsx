// The printed day: a list for each doctor, all on one sheet.
import { createPortal } from "react-dom";
import { page } from "../../page";
import { longDay, moment, now, plainDay, timeOf, mondayOf } from "../../time";
import { useWorkspace } from "../../workspace";
import { CONFIRMED, LOOKS } from "../../words/states";
import { personName, phoneText } from "../../words/people";
import { isConfirmed, stateOf, type Column } from "./layout";

const FEW = 45;
const MANY = 100;

const densityOf = (rows: number) => (rows <= FEW ? "roomy" : rows <= MANY ? "dense" : "tight");

export function PrintSheet({ columns, view }: { columns: Column[]; view: "day" | "week" }) {
  const day = useWorkspace((state) => state.day);
  const lists = columns
    .map((column) => ({ ...column, cells: column.cells.filter((cell) => cell.visit) }))
    .filter((column) => column.cells.length > 0);
  const rows = lists.reduce((sum, list) => sum + list.cells.length, 0);
  const states = new Set(lists.flatMap((list) => list.cells.map(stateOf)));
  const isAnyConfirmed = lists.some((list) => list.cells.some((cell) => isConfirmed(cell.visit!)));
  const looks = [...[...states].map((state) => LOOKS[state]), ...(isAnyConfirmed ? [CONFIRMED] : [])];
  const signs = looks.map(({ sign, word }) => `${sign} ${word}`);
  const title = view === "day" ? longDay(day) : `${columns[0]?.cells[0]?.doctor.fullName ?? ""}, tydzień od ${plainDay(mondayOf(day))}`;
  return createPortal(
    <div id="print" className={densityOf(rows)}>
      <h1>
        {page.centre}: {title}
      </h1>
      <div className="lists">
        {lists.map((list) => (
          <List key={list.key} list={list} />
        ))}
      </div>
      <p>
        Wizyt: {rows}. Wydrukowano {moment(now())}. {signs.join(", ")}, (?) tożsamość niepotwierdzona.
      </p>
    </div>,
    document.body,
  );
}

function List({ list }: { list: Column }) {
  return (
    <table>
      <caption>
        <b>{list.title}</b>, {list.subtitle} ({list.cells.length})
      </caption>
      <tbody>
        {list.cells.map((cell) => (
          <tr key={cell.id}>
            <th scope="row">{timeOf(cell.startsAt)}</th>
            <td>{LOOKS[stateOf(cell)].sign}</td>
            <td>
              {personName(cell.visit!.patient)}
              {cell.visit!.patient.identityConfirmedAt ? "" : " (?)"}
              {isConfirmed(cell.visit!) && ` ${CONFIRMED.sign}`}
            </td>
            <td>{phoneText(cell.visit!.patient.phone)}</td>
            <td>{cell.visit!.doctorIsAbsent ? "lekarza nie będzie" : cell.visit!.reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
