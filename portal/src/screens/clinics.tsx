import { useLocation } from "preact-iso";
import { useEffect } from "preact/hooks";
import { useAllPages } from "../api/pages";
import { Clinics as ClinicsOperation, type ClinicsQuery } from "../generated/operations";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/screen";
import { Failed, Loading, PhoneLink } from "../parts/states";
import { announce } from "../state/notice";
import { dayOf, distance, hour, shortDay } from "../state/time";
import { paths } from "../state/paths";
import { booking } from "../words/booking";

type Clinic = ClinicsQuery["clinics"]["nodes"][number];

/** Folds case and Polish letters. */
const plain = (text: string): string => text.toLowerCase().replaceAll("ł", "l").normalize("NFD").replace(/\p{M}/gu, "");

function matches({ name, description, address, doctors }: Clinic, search: string): boolean {
  const people = doctors.nodes.flatMap(({ fullName, specialties }) => [fullName, ...specialties]);
  const all = plain([name, description, address, ...people].join(" "));
  return plain(search)
    .split(/\s+/)
    .every((word) => all.includes(word));
}

export function Clinics() {
  const { query, route } = useLocation();
  const { nodes, fault, restFault, reload } = useAllPages(ClinicsOperation, {}, ({ clinics }) => clinics);
  const search = query["szukaj"] ?? "";
  const words = booking.value;
  const found = nodes?.filter((clinic) => matches(clinic, search));
  useEffect(() => {
    if (search && found) announce(() => booking.value.found(found.length));
  }, [search, found?.length]);
  const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
    route(
      currentTarget.value ? `${paths.booking}?szukaj=${encodeURIComponent(currentTarget.value)}` : paths.booking,
      true,
    );
  return (
    <Screen title={words.title} width="wide">
      <div class="field search">
        <label for="search">{words.search}</label>
        <div class="joined">
          <Icon name="search" />
          <input id="search" type="search" value={search} onInput={onInput} autoComplete="off" enterkeyhint="search" />
        </div>
      </div>
      {found ? <List clinics={found} /> : fault ? <Failed fault={fault} retry={reload} /> : <Loading />}
      {restFault && <Failed fault={restFault} retry={reload} />}
    </Screen>
  );
}

function List({ clinics }: { clinics: readonly Clinic[] }) {
  if (!clinics.length)
    return (
      <p class="card">
        {booking.value.noneFound} <PhoneLink />
      </p>
    );
  return (
    <ul class="cards">
      {clinics.map((clinic) => (
        <li key={clinic.id}>
          <ClinicCard clinic={clinic} />
        </li>
      ))}
    </ul>
  );
}

function ClinicCard({ clinic }: { clinic: Clinic }) {
  const { id, name, description, address, doctors, nextFreeSlot } = clinic;
  const words = booking.value;
  return (
    <article class="card linked">
      <h2>
        <a href={paths.clinic(id)}>{name}</a>
      </h2>
      {description && <p>{description}</p>}
      <p class="quiet">{address}</p>
      {doctors.nodes.length > 0 && (
        <p class="doctors">
          <Icon name="doctor" />
          {doctors.nodes.length > 3
            ? words.doctors(doctors.nodes.length)
            : doctors.nodes.map(({ fullName }) => fullName).join(", ")}
        </p>
      )}
      <p class="next">
        <Icon name="calendar" />
        {nextFreeSlot ? <NextFree at={nextFreeSlot.startsAt} /> : <span>{words.noneFree}</span>}
      </p>
    </article>
  );
}

export function NextFree({ at }: { at: string }) {
  const day = dayOf(at);
  return (
    <span>
      <small>{booking.value.nextFree}</small>
      <strong>
        {shortDay(day)}, {hour(at)}
      </strong>{" "}
      <span class="quiet">({distance(day)})</span>
    </span>
  );
}
