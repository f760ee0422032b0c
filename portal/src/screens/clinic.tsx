import { useRoute } from "preact-iso";
import { useQuery } from "../api/use-query";
import { ClinicCalendar as ClinicOperation } from "../generated/operations";
import { Calendar } from "../parts/calendar";
import { Screen } from "../parts/screen";
import { Failed, Loading } from "../parts/states";
import { paths } from "../state/paths";
import { booking } from "../words/booking";
import { common } from "../words/common";

export function ClinicCalendar() {
  const id = useRoute().params["clinic"] ?? "";
  const { data, fault, reload } = useQuery(ClinicOperation, { clinic: id });
  const words = booking.value;
  const back = { href: paths.booking, label: words.allClinics };
  const clinic = data?.node?.__typename === "Clinic" ? data.node : null;
  if (clinic)
    return (
      <Screen key={id} title={clinic.name} lead={clinic.address} back={back} width="wide">
        <Calendar clinic={clinic} />
      </Screen>
    );
  if (data) return <Screen key="none" title={common.value.notFoundTitle} lead={words.noClinic} back={back} />;
  return (
    <Screen key="wait" title={common.value.clinic} back={back} width="wide">
      {fault ? <Failed fault={fault} retry={reload} /> : <Loading />}
    </Screen>
  );
}
