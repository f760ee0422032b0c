import { useQuery } from "../api/use-query";
import { NextVisit } from "../generated/operations";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/screen";
import { Box, Empty, Failed, Loading, PhoneLink } from "../parts/states";
import { VisitCard } from "../parts/visit-card";
import { isClosed } from "../state/hours";
import { centre, hours, me, standing } from "../state/session";
import { paths } from "../state/paths";
import { home } from "../words/booking";
import { visits } from "../words/visits";

export function Home() {
  return standing.value === "patient" ? <PatientsHome /> : <StrangersHome />;
}

function StrangersHome() {
  const words = home.value;
  return (
    <Screen title={words.title} lead={words.lead} width="wide" hero={<Hero />}>
      <section aria-labelledby="steps">
        <h2 id="steps">{words.stepsTitle}</h2>
        <ol class="three">
          {words.steps.map(({ title, text }) => (
            <li class="card" key={title}>
              <div>
                <h3>{title}</h3>
                <p>{text}</p>
              </div>
            </li>
          ))}
        </ol>
      </section>
      <Service />
    </Screen>
  );
}

function Hero() {
  const words = home.value;
  return (
    <>
      <p class="actions">
        <a class="button large" href={paths.booking}>
          <Icon name="calendar" />
          {words.book}
        </a>
        {standing.value === "stranger" && (
          <a class="button secondary large" href={paths.signUp}>
            {words.signUp}
          </a>
        )}
      </p>
      <svg class="picture" aria-hidden="true" focusable="false" viewBox="0 0 240 200">
        <rect class="sheet" x="30" y="26" width="180" height="154" rx="18" />
        <path class="strip" d="M30 66V44a18 18 0 0 1 18-18h144a18 18 0 0 1 18 18v22z" />
        <path class="rings" d="M78 14v26M162 14v26" />
        <g class="days">
          <rect x="48" y="82" width="27" height="22" rx="6" />
          <rect x="87" y="82" width="27" height="22" rx="6" />
          <rect x="126" y="82" width="27" height="22" rx="6" />
          <rect x="165" y="82" width="27" height="22" rx="6" />
          <rect x="48" y="114" width="27" height="22" rx="6" />
          <rect x="87" y="114" width="27" height="22" rx="6" />
          <rect x="48" y="146" width="27" height="18" rx="6" />
          <rect x="87" y="146" width="27" height="18" rx="6" />
        </g>
        <circle class="seal" cx="164" cy="142" r="34" />
        <path class="tick" d="m149 142 11 11 20-22" />
      </svg>
    </>
  );
}

function Service() {
  const words = home.value;
  const { opensAt = "", closesAt = "" } = hours.value ?? {};
  const isAlways = opensAt === closesAt || (opensAt.startsWith("00:00") && closesAt.startsWith("00:00"));
  return (
    <div class="pair">
      <section class="card">
        <h2>
          <Icon name="clock" />
          {words.hoursTitle}
        </h2>
        <p>{isAlways ? words.always : words.hours(opensAt.slice(0, 5), closesAt.slice(0, 5))}</p>
        {!isAlways && (
          <p class={isClosed.value ? "tag" : "tag good"}>{isClosed.value ? words.closedNow : words.openNow}</p>
        )}
      </section>
      <section class="card">
        <h2>
          <Icon name="phone" />
          {words.phoneTitle}
        </h2>
        <p>{words.phoneText}</p>
        <p class="big">
          <PhoneLink />
        </p>
        {centre.value?.address && <p class="quiet">{centre.value.address}</p>}
      </section>
    </div>
  );
}

function PatientsHome() {
  const words = home.value;
  const { data, fault, reload } = useQuery(NextVisit, {});
  const patient = data?.me?.patient;
  const [next] = patient?.plannedVisits.nodes ?? [];
  return (
    <Screen title={words.hello(me.value?.patient?.firstName ?? "")} width="wide">
      {patient && patient.offers.length > 0 && (
        <Box icon="bell" kind="info">
          <p>
            {words.offerWaits} <a href={paths.visits}>{visits.value.seeOffer}</a>
          </p>
        </Box>
      )}
      <section aria-labelledby="next">
        <h2 id="next">{words.nextVisit}</h2>
        {!patient ? (
          fault ? (
            <Failed fault={fault} retry={reload} />
          ) : (
            <Loading />
          )
        ) : next ? (
          <VisitCard visit={next} isLarge>
            <a class="button secondary" href={paths.visit(next.id)}>
              {words.seeVisit}
            </a>
            <a class="plain" href={paths.visits}>
              {visits.value.allVisits}
            </a>
          </VisitCard>
        ) : (
          <Empty>{words.noVisit}</Empty>
        )}
      </section>
      <p class="actions">
        <a class="button large" href={paths.booking}>
          <Icon name="calendar" />
          {words.book}
        </a>
      </p>
      <Service />
    </Screen>
  );
}
