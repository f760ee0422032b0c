import { useRoute } from "preact-iso";
import { useQuery } from "../api/use-query";
import { ClinicCalendar, Visit } from "../generated/operations";
import { Calendar } from "../parts/calendar";
import { Screen } from "../parts/screen";
import { Box, Failed, Loading, PhoneLink } from "../parts/states";
import type { Appointment } from "../parts/visit-card";
import { isChangeable } from "../parts/visit-actions";
import { moment } from "../state/time";
import { paths } from "../state/paths";
import { booking, review } from "../words/booking";
import { common } from "../words/common";
import { visits } from "../words/visits";

export function Move() {
  const id = useRoute().params["visit"] ?? "";
  const { data, fault, reload } = useQuery(Visit, { visit: id });
  const visit = data?.node?.__typename === "Visit" ? data.node : null;
  if (visit) return isChangeable(visit) ? <MoveVisit visit={visit} /> : <TooLate visit={visit} />;
  if (data) return <Screen title={common.value.notFoundTitle} lead={visits.value.notFound} />;
  return <Screen title={visits.value.move}>{fault ? <Failed fault={fault} retry={reload} /> : <Loading />}</Screen>;
}

function TooLate({ visit }: { visit: Appointment }) {
  const words = visits.value;
  return (
    <Screen title={words.move} back={{ href: paths.visit(visit.id), label: words.details }}>
      <Box icon="info" title={moment(visit.startsAt)}>
        <p>{review.value.notChangeable}</p>
        <p>
          <PhoneLink phone={visit.clinic.phone} />
        </p>
      </Box>
    </Screen>
  );
}

/** The calendar of the same doctor, with the current time of the visit above it. */
function MoveVisit({ visit }: { visit: Appointment }) {
  const { data, fault, reload } = useQuery(ClinicCalendar, { clinic: visit.clinic.id });
  const clinic = data?.node?.__typename === "Clinic" ? data.node : null;
  const words = booking.value;
  return (
    <Screen title={words.moving} back={{ href: paths.visit(visit.id), label: words.keepOld }} width="wide">
      <Box icon="swap" kind="info" title={`${review.value.before}: ${moment(visit.startsAt)}`}>
        <p>
          {visit.doctor.fullName}, {visit.clinic.name}
        </p>
        <p>{words.movingWhy}</p>
      </Box>
      {clinic ? (
        <Calendar clinic={clinic} moving={{ visit: visit.id, doctor: visit.doctor.id }} />
      ) : fault ? (
        <Failed fault={fault} retry={reload} />
      ) : (
        <Loading />
      )}
    </Screen>
  );
}
