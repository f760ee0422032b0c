import { useLocation } from "preact-iso";
import { ask } from "../api/ask";
import { useQuery } from "../api/use-query";
import { useLive } from "../api/live";
import { LeaveWaitingList, MyChanges, Visits as VisitsOperation, type VisitsQuery } from "../generated/operations";
import { useAction } from "../parts/action";
import { Icon } from "../parts/icon";
import { OfferCard } from "../parts/offer-card";
import { Screen } from "../parts/screen";
import { Empty, Failed, Loading, Outcome } from "../parts/states";
import { type Appointment, VisitCard } from "../parts/visit-card";
import { ConfirmButton, VisitActions } from "../parts/visit-actions";
import { daysOf } from "../state/choice";
import { say } from "../state/notice";
import { shortDay, weekdayName } from "../state/time";
import { paths } from "../state/paths";
import { visits } from "../words/visits";

type Patient = NonNullable<NonNullable<VisitsQuery["me"]>["patient"]>;
type Entry = Patient["waitingList"]["nodes"][number];

export function Visits() {
  const { data, fault, reload } = useQuery(VisitsOperation, {});
  useLive(MyChanges, {}, { onChange: reload, onConnected: reload }, true);
  const patient = data?.me?.patient;
  const words = visits.value;
  return (
    <Screen title={words.title} width="wide">
      {patient ? (
        <Everything patient={patient} onChange={reload} />
      ) : fault ? (
        <Failed fault={fault} retry={reload} />
      ) : (
        <Loading />
      )}
      <ul class="links">
        <li>
          <a href={paths.past}>
            <span>{words.past}</span>
            <Icon name="right" />
          </a>
        </li>
        <li>
          <a href={paths.cancelled}>
            <span>{words.cancelledList}</span>
            <Icon name="right" />
          </a>
        </li>
      </ul>
    </Screen>
  );
}

function Everything({ patient, onChange }: { patient: Patient; onChange: () => void }) {
  const { route } = useLocation();
  const [next, ...later] = patient.plannedVisits.nodes;
  const words = visits.value;
  const visitOf = (id: string | null) => patient.plannedVisits.nodes.find((visit) => visit.id === id);
  return (
    <>
      {patient.offers.length > 0 && (
        <section aria-labelledby="offers">
          <h2 id="offers">{words.offers}</h2>
          {patient.offers.map((offer) => (
            <OfferCard
              key={offer.id}
              offer={offer}
              visit={visitOf(offer.visitId)}
              onChange={onChange}
              onAccepted={(visit) => route(paths.booked(visit))}
            />
          ))}
        </section>
      )}
      <section aria-labelledby="next">
        <h2 id="next">{words.next}</h2>
        {next ? <Planned visit={next} isLarge onChange={onChange} /> : <Empty>{words.none}</Empty>}
        <p class="actions">
          <a class={next ? "button secondary" : "button"} href={paths.booking}>
            <Icon name="calendar" />
            {words.book}
          </a>
        </p>
      </section>
      {later.length > 0 && (
        <section aria-labelledby="later">
          <h2 id="later">{words.later}</h2>
          <ul class="cards">
            {later.map((visit) => (
              <li key={visit.id}>
                <Planned visit={visit} onChange={onChange} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <WaitingList entries={patient.waitingList.nodes} onChange={onChange} />
    </>
  );
}

interface PlannedProps {
  readonly visit: Appointment;
  readonly isLarge?: boolean;
  readonly onChange: () => void;
}

function Planned({ visit, isLarge = false, onChange }: PlannedProps) {
  return (
    <VisitCard visit={visit} isLarge={isLarge}>
      {isLarge && <ConfirmButton visit={visit} onChange={onChange} />}
      <VisitActions visit={visit} onChange={onChange} />
      <a class="plain" href={paths.visit(visit.id)}>
        {visits.value.details}
      </a>
    </VisitCard>
  );
}

function WaitingList({ entries, onChange }: { entries: readonly Entry[]; onChange: () => void }) {
  if (!entries.length) return null;
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">{visits.value.waiting}</h2>
      <ul class="cards">
        {entries.map((entry) => (
          <li key={entry.id}>
            <WaitingCard entry={entry} onChange={onChange} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function WaitingCard({ entry, onChange }: { entry: Entry; onChange: () => void }) {
  const { id, clinic, doctor, from, until, weekdays, earliest, latest } = entry;
  const words = visits.value;
  const leave = useAction(async () => {
    await ask(LeaveWaitingList, { input: { entryId: id } });
    say(() => visits.value.left);
    onChange();
  });
  const hour = (time: string | null, otherwise: string) => time?.slice(0, 5) ?? otherwise;
  return (
    <article class="card">
      <p>
        <strong>{clinic.name}</strong>
        <br />
        {doctor?.fullName ?? words.anyDoctor}
      </p>
      <p class="quiet">
        {shortDay(from)} – {shortDay(until)}
        {weekdays && (
          <>
            <br />
            {daysOf(weekdays).map(weekdayName).join(", ")}
          </>
        )}
        {(earliest || latest) && (
          <>
            <br />
            {words.waitingHours(hour(earliest, "0:00"), hour(latest, "24:00"))}
          </>
        )}
      </p>
      <Outcome action={leave} />
      <div class="actions">
        <button class="button secondary" type="button" aria-disabled={leave.isBusy} onClick={leave.run}>
          {words.leave}
        </button>
      </div>
    </article>
  );
}
