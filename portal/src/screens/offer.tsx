import { useLocation, useRoute } from "preact-iso";
import { useAsked } from "../api/asked";
import { Offer as OfferOperation, Visit as VisitOperation } from "../generated/operations";
import { OfferCard } from "../parts/offer-card";
import { Screen } from "../parts/screen";
import { Box, CallInstead, Failed, Loading } from "../parts/states";
import { ways } from "../state/ways";
import { visits } from "../words/visits";

export function OfferScreen() {
  const id = useRoute().params["offer"] ?? "";
  const { route } = useLocation();
  const { data, fault, reload } = useAsked(OfferOperation, { offer: id });
  const offer = data?.node?.__typename === "Offer" ? data.node : null;
  const asked = useAsked(VisitOperation, offer?.visitId ? { visit: offer.visitId } : null);
  const visit = asked.data?.node?.__typename === "Visit" ? asked.data.node : undefined;
  const problem = fault ?? asked.fault;
  const isHere = data && (!offer?.visitId || asked.data);
  const words = visits.value;
  return (
    <Screen title={words.offerTitle} back={{ href: ways.visits, label: words.allVisits }}>
      {isHere && offer && (
        <OfferCard
          offer={offer}
          visit={visit}
          onChange={reload}
          onAccepted={(booked) => route(ways.booked(booked), true)}
        />
      )}
      {isHere && !offer && (
        <Box icon="info" title={words.offerOver}>
          <CallInstead />
        </Box>
      )}
      {!isHere && !problem && <Loading />}
      {!isHere && problem && <Failed fault={problem} retry={data ? asked.reload : reload} />}
    </Screen>
  );
}
