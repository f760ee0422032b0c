import { useLocation, useRoute } from "preact-iso";
import { useQuery } from "../api/use-query";
import { Offer as OfferOperation, Visit as VisitOperation } from "../generated/operations";
import { OfferCard } from "../parts/offer-card";
import { Screen } from "../parts/screen";
import { Box, CallInstead, Failed, Loading } from "../parts/states";
import { paths } from "../state/paths";
import { visits } from "../words/visits";

export function OfferScreen() {
  const id = useRoute().params["offer"] ?? "";
  const { route } = useLocation();
  const { data, fault, reload } = useQuery(OfferOperation, { offer: id });
  const offer = data?.node?.__typename === "Offer" ? data.node : null;
  const visitQuery = useQuery(VisitOperation, offer?.visitId ? { visit: offer.visitId } : null);
  const visit = visitQuery.data?.node?.__typename === "Visit" ? visitQuery.data.node : undefined;
  const problem = fault ?? visitQuery.fault;
  const isHere = data && (!offer?.visitId || visitQuery.data);
  const words = visits.value;
  return (
    <Screen title={words.offerTitle} back={{ href: paths.visits, label: words.allVisits }}>
      {isHere && offer && (
        <OfferCard
          offer={offer}
          visit={visit}
          onChange={reload}
          onAccepted={(booked) => route(paths.booked(booked), true)}
        />
      )}
      {isHere && !offer && (
        <Box icon="info" title={words.offerOver}>
          <CallInstead />
        </Box>
      )}
      {!isHere && !problem && <Loading />}
      {!isHere && problem && <Failed fault={problem} retry={data ? visitQuery.reload : reload} />}
    </Screen>
  );
}
