import { usePages } from "../api/pages";
import { PastVisits as PastVisitsOperation, type VisitStatus } from "../generated/operations";
import { More } from "../parts/more";
import { Screen } from "../parts/screen";
import { Empty, Failed, Loading } from "../parts/states";
import { VisitCard } from "../parts/visit-card";
import { paths } from "../state/paths";
import { visits } from "../words/visits";

const PAST: readonly VisitStatus[] = ["BOOKED", "ARRIVED", "FULFILLED", "NO_SHOW"];
const CANCELLED: readonly VisitStatus[] = ["CANCELLED"];

export function PastVisits({ isCancelled }: { isCancelled: boolean }) {
  const status = isCancelled ? CANCELLED : PAST;
  const list = usePages(PastVisitsOperation, { status }, ({ me }) => me?.patient?.pastVisits);
  const words = visits.value;
  const { nodes, fault } = list;
  return (
    <Screen
      title={isCancelled ? words.cancelledList : words.past}
      back={{ href: paths.visits, label: words.title }}
      width="wide"
    >
      {!nodes && (fault ? <Failed fault={fault} retry={list.reload} /> : <Loading />)}
      {nodes?.length === 0 && <Empty>{words.nonePast}</Empty>}
      <ul class="cards">
        {nodes?.map((visit) => (
          <li key={visit.id}>
            <VisitCard visit={visit}>
              <a class="button secondary" href={`${paths.clinic(visit.clinic.id)}?lekarz=${visit.doctor.id}`}>
                {words.bookAgain}
              </a>
              <a class="plain" href={paths.visit(visit.id)}>
                {words.details}
              </a>
            </VisitCard>
          </li>
        ))}
      </ul>
      <More list={list} />
    </Screen>
  );
}
