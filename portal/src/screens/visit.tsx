import { useLocation, useRoute } from "preact-iso";
import { useQuery } from "../api/use-query";
import { useLive } from "../api/live";
import { MyChanges, Visit as VisitOperation, type VisitQuery } from "../generated/operations";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/screen";
import { Box, CallInstead, Failed, Loading } from "../parts/states";
import { Facts } from "../parts/visit-card";
import { CalendarLink, ConfirmButton, isChangeable, PrintButton, VisitActions } from "../parts/visit-actions";
import { me } from "../state/session";
import { dayOf, distance, moment } from "../state/time";
import { paths } from "../state/paths";
import { common } from "../words/common";
import { visits } from "../words/visits";
import { Bring } from "./review";

export type FullVisit = Extract<NonNullable<VisitQuery["node"]>, { __typename: "Visit" }>;

export function useVisit() {
  const id = useRoute().params["visit"] ?? "";
  const query = useQuery(VisitOperation, { visit: id });
  useLive(MyChanges, {}, { onChange: query.reload, onConnected: query.reload }, true);
  const visit = query.data?.node?.__typename === "Visit" ? query.data.node : null;
  return { ...query, visit };
}

export function VisitScreen() {
  const { visit, data, fault, reload } = useVisit();
  const { route } = useLocation();
  const words = visits.value;
  const back = { href: paths.visits, label: words.allVisits };
  if (!visit)
    return (
      <Screen
        key="none"
        title={data ? common.value.notFoundTitle : words.one}
        lead={data && words.notFound}
        back={back}
      >
        {!data && (fault ? <Failed fault={fault} retry={reload} /> : <Loading />)}
      </Screen>
    );
  const willBe = visit.status === "BOOKED" && !visit.doctorIsAbsent;
  return (
    <Screen key={visit.id} title={words.one} back={back} width="wide">
      <Standing visit={visit} />
      <div class="split">
        <div>
          <Slip visit={visit} />
          {willBe && <Bring />}
        </div>
        <div class="beside">
          <div class="actions">
            <ConfirmButton visit={visit} onChange={reload} />
            <VisitActions visit={visit} onChange={() => route(paths.visits)} />
            {willBe && <CalendarLink visit={visit} />}
            {visit.status !== "BOOKED" && (
              <a class="button" href={`${paths.clinic(visit.clinic.id)}?lekarz=${visit.doctor.id}`}>
                {words.bookAgain}
              </a>
            )}
            <PrintButton />
          </div>
          <Until visit={visit} />
        </div>
      </div>
    </Screen>
  );
}

function Standing({ visit }: { visit: FullVisit }) {
  const words = visits.value;
  if (visit.status !== "BOOKED") return <p class="tag">{words.status[visit.status]}</p>;
  if (visit.doctorIsAbsent)
    return (
      <Box icon="alert" kind="warn" title={words.doctorAbsent}>
        <p>
          {words.doctorAbsentWhat} <a href={paths.visits}>{words.seeOffer}</a>
        </p>
      </Box>
    );
  return (
    <p class="row unprinted">
      <span class="tag">{distance(dayOf(visit.startsAt))}</span>
      {visit.confirmedAt && (
        <span class="tag good">
          <Icon name="check" />
          {words.confirmed}
        </span>
      )}
    </p>
  );
}

/** The printable part. */
export function Slip({ visit }: { visit: FullVisit }) {
  return (
    <div class="card slip">
      <h2 class="printed">{visits.value.slip}</h2>
      <p class="printed">
        {me.value?.patient?.firstName} {me.value?.patient?.lastName}
      </p>
      <Facts
        startsAt={visit.startsAt}
        doctor={visit.doctor.fullName}
        clinic={visit.clinic}
        reference={visit.reference}
        reason={visit.reason}
      />
    </div>
  );
}

export function Until({ visit }: { visit: FullVisit }) {
  const words = visits.value;
  if (visit.status !== "BOOKED") return null;
  if (isChangeable(visit)) return <p class="quiet">{words.until(moment(visit.cancellableUntil))}</p>;
  return (
    <Box icon="info">
      <p>{words.tooLate}</p>
      <CallInstead phone={visit.clinic.phone} />
    </Box>
  );
}
