import type { ComponentChildren } from "preact";
import type { AppointmentFragment } from "../generated/operations";
import { datedMoment, dayOf, distance, hour, longDay } from "../state/time";
import { common } from "../words/common";
import { visits } from "../words/visits";
import { Icon } from "./icon";

export type Appointment = AppointmentFragment;

interface VisitCardProps {
  readonly visit: Appointment;
  readonly isLarge?: boolean;
  readonly children?: ComponentChildren;
}

export function VisitCard({ visit, isLarge = false, children }: VisitCardProps) {
  const { startsAt, doctor, clinic, status, doctorIsAbsent, confirmedAt } = visit;
  const words = visits.value;
  return (
    <article class={isLarge ? "card visit large" : "card visit"}>
      <When at={startsAt} isOver={status !== "BOOKED"} />
      <p class="who">
        <strong>{doctor.fullName}</strong>
        <br />
        {clinic.name}
        <br />
        <span class="quiet">{clinic.address}</span>
      </p>
      {doctorIsAbsent && status === "BOOKED" && (
        <p class="flaw">
          <Icon name="alert" />
          {words.doctorAbsent}
        </p>
      )}
      {confirmedAt && status === "BOOKED" && !doctorIsAbsent && (
        <p class="tag good">
          <Icon name="check" />
          {words.confirmed}
        </p>
      )}
      {status !== "BOOKED" && <p class="tag">{words.status[status]}</p>}
      {children && <div class="actions">{children}</div>}
    </article>
  );
}

export function When({ at, isOver = false }: { at: string; isOver?: boolean }) {
  return (
    <p class="when">
      <time dateTime={at}>
        <span class="day">{longDay(dayOf(at))}</span>
        <span class="hour">{hour(at)}</span>
      </time>
      {!isOver && <span class="quiet">{distance(dayOf(at))}</span>}
    </p>
  );
}

interface FactsProps {
  readonly startsAt: string;
  readonly doctor: string;
  readonly clinic: { readonly name: string; readonly address: string; readonly phone: string };
  readonly reference?: string;
  readonly reason?: string | null;
}

const MAP = "https://www.openstreetmap.org/search?query=";

/** The details of a visit or slot. */
export function Facts({ startsAt, doctor, clinic, reference, reason }: FactsProps) {
  const words = common.value;
  return (
    <dl class="facts">
      <Fact name={words.when} isStrong>
        <time dateTime={startsAt}>{datedMoment(startsAt)}</time>
      </Fact>
      <Fact name={words.doctor}>{doctor}</Fact>
      <Fact name={words.clinic}>{clinic.name}</Fact>
      <Fact name={words.where}>
        {clinic.address}
        <br />
        <a class="unprinted" href={MAP + encodeURIComponent(clinic.address)} target="_blank" rel="noreferrer">
          <Icon name="pin" />
          {words.map}
          <span class="unseen"> ({words.opensElsewhere})</span>
        </a>
      </Fact>
      <Fact name={words.phone}>
        <a href={`tel:${clinic.phone.replaceAll(" ", "")}`}>{clinic.phone}</a>
      </Fact>
      {reference && (
        <Fact name={words.reference} isStrong>
          <span class="reference">{reference}</span>
        </Fact>
      )}
      {reason && <Fact name={words.reason}>{reason}</Fact>}
    </dl>
  );
}

function Fact({ name, isStrong = false, children }: { name: string; isStrong?: boolean; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isStrong ? "strong" : ""}>{children}</dd>
    </div>
  );
}
