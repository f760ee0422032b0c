import { useLocation } from "preact-iso";
import { Screen } from "../parts/screen";
import { Failed, Loading } from "../parts/states";
import { CalendarLink, PrintButton, VisitActions } from "../parts/visit-actions";
import { me } from "../state/session";
import { paths } from "../state/paths";
import { common } from "../words/common";
import { visits } from "../words/visits";
import { Bring } from "./review";
import { Slip, Until, useVisit } from "./visit";

/** a***@example.pl */
const masked = (email: string): string => email.replace(/^(.)[^@]*/, "$1***");

/** Confirms a booked or moved visit. */
export function Booked() {
  const { visit, data, fault, reload } = useVisit();
  const { route } = useLocation();
  const words = visits.value;
  if (!visit)
    return (
      <Screen key="none" title={data ? common.value.notFoundTitle : words.one} lead={data && words.notFound}>
        {!data && (fault ? <Failed fault={fault} retry={reload} /> : <Loading />)}
      </Screen>
    );
  const isMoved = visit.history.at(-1)?.kind === "MOVED";
  return (
    <Screen
      key={visit.id}
      title={isMoved ? words.moved : words.booked}
      lead={words.letter(masked(me.value?.email ?? ""))}
      width="wide"
      isDone
    >
      <div class="split">
        <div>
          <Slip visit={visit} />
          <Bring />
        </div>
        <section class="beside" aria-label={words.whatNow}>
          <div class="actions">
            <CalendarLink visit={visit} />
            <VisitActions visit={visit} onChange={() => route(paths.visits)} />
            <PrintButton />
          </div>
          <Until visit={visit} />
          <p class="actions">
            <a class="button secondary" href={paths.visits}>
              {words.allVisits}
            </a>
          </p>
        </section>
      </div>
    </Screen>
  );
}
