// A slot that cannot be booked, and why; a blocked one can be opened again.
import { useAction } from "../../actions";
import { UnblockDocument } from "../../generated";
import { say } from "../../notice";
import { timeOf } from "../../time";
import { personName, phoneText } from "../../words/people";
import { openPatient } from "../patient/open";
import { Trouble } from "../Trouble";
import type { Cell } from "./layout";

export function ClosedSide({ cell }: { cell: Cell }) {
  if (cell.state === "BLOCKED") return <Blocked cell={cell} />;
  if (cell.state === "OFFERED" && cell.offer) return <Offered cell={cell} offer={cell.offer} />;
  return <p>{EXPLAINED[cell.state]?.(cell)}</p>;
}

const until = (cell: Cell) => (cell.heldUntil ? ` do godz. ${timeOf(cell.heldUntil)}` : "");

const EXPLAINED: Partial<Record<Cell["state"], (cell: Cell) => string>> = {
  HELD: (cell) => `Pacjent właśnie wybiera ten termin przez internet; nikt inny go nie zajmie${until(cell)}.`,
  OFFERED: (cell) => `Termin jest zaproponowany pacjentowi${until(cell)}.`,
  KEPT: () => "Termin czeka na osoby z listy oczekujących. Gdy nikt nie zechce, będzie wolny dla wszystkich.",
  ABSENT: (cell) => `Lekarza nie będzie: ${cell.absence?.reason ?? "nieobecność"}.`,
  WITHDRAWN: () => "Termin jest wycofany z grafiku.",
};

function Blocked({ cell }: { cell: Cell }) {
  const action = useAction();
  const open = async () => {
    if (await action.run(UnblockDocument, { input: { slotId: cell.id } }))
      say(`Odblokowano termin ${timeOf(cell.startsAt)}.`);
  };
  return (
    <>
      <p>
        Zablokowany: <b>{cell.blockReason}</b>
      </p>
      <button type="button" aria-disabled={action.isBusy} onClick={() => void open()}>
        Odblokuj
      </button>
      <Trouble refusal={action.refusal} />
    </>
  );
}

function Offered({ cell, offer }: { cell: Cell; offer: NonNullable<Cell["offer"]> }) {
  return (
    <>
      <p>
        Zaproponowany{until(cell)}: <b>{personName(offer.patient)}</b>
        {offer.patient.phone && (
          <>
            , <a href={`tel:${offer.patient.phone}`}>{phoneText(offer.patient.phone)}</a>
          </>
        )}
      </p>
      <button type="button" onClick={() => openPatient(offer.patient.id)}>
        Karta pacjenta
      </button>
    </>
  );
}
