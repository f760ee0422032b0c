import type { FreeSlotsQuery } from "../generated/operations";
import { hour, dayOf, longDay, moment } from "../state/time";
import { booking } from "../words/booking";
import { Icon } from "./icon";

export type FreeSlot = FreeSlotsQuery["freeSlots"]["nodes"][number];
export type PartOfDay = "morning" | "midday" | "afternoon";
export const PARTS: readonly PartOfDay[] = ["morning", "midday", "afternoon"];
export const SPANS = {
  morning: { earliest: null, latest: "11:59" },
  midday: { earliest: "12:00", latest: "14:59" },
  afternoon: { earliest: "15:00", latest: null },
} as const;

export function partOf({ startsAt }: FreeSlot): PartOfDay {
  const at = hour(startsAt);
  return at < "12:00" ? "morning" : at < "15:00" ? "midday" : "afternoon";
}

interface TimesProps {
  readonly slots: readonly FreeSlot[];
  readonly busy: string | null;
  readonly onChoose: (slot: FreeSlot) => void;
}

function byDoctor(slots: readonly FreeSlot[]): readonly (readonly FreeSlot[])[] {
  const groups = new Map<string, FreeSlot[]>();
  for (const slot of slots) groups.set(slot.doctor.id, [...(groups.get(slot.doctor.id) ?? []), slot]);
  return [...groups.values()];
}

/** All slots of a day, grouped by part of the day, then by doctor; a doctor who has them all is named once. */
export function Times({ slots, ...rest }: TimesProps) {
  const words = booking.value;
  const [only, other] = byDoctor(slots);
  return (
    <>
      {only && !other && <DoctorsName slots={only} />}
      {PARTS.map((part) => {
        const here = slots.filter((slot) => partOf(slot) === part);
        const { name, range } = words.parts[part];
        return (
          here.length > 0 && (
            <section class="part" key={part} aria-labelledby={`part-${part}`}>
              <h3 id={`part-${part}`}>
                {name} <span class="quiet">{range}</span>
              </h3>
              {byDoctor(here).map((group) => (
                <DoctorsTimes slots={group} isNamed={!!other} key={group[0]?.doctor.id} {...rest} />
              ))}
            </section>
          )
        );
      })}
    </>
  );
}

function DoctorsName({ slots }: Pick<TimesProps, "slots">) {
  return (
    <p class="doctors">
      <Icon name="doctor" />
      {slots[0]?.doctor.fullName}
    </p>
  );
}

function DoctorsTimes({ slots, busy, onChoose, isNamed }: TimesProps & { readonly isNamed: boolean }) {
  const name = slots[0]?.doctor.fullName;
  return (
    <div class="times" role="group" aria-label={name}>
      {isNamed && <DoctorsName slots={slots} />}
      <ul>
        {slots.map((slot) => (
          <li key={slot.id}>
            <button
              class="time"
              type="button"
              aria-disabled={busy !== null}
              aria-label={`${hour(slot.startsAt)}, ${longDay(dayOf(slot.startsAt))}, ${name}`}
              onClick={() => onChoose(slot)}
            >
              {hour(slot.startsAt)}
              {busy === slot.id && <span class="spinner" />}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Slots of several days, each with its full date. */
export function Alternatives({ slots, busy, onChoose }: TimesProps) {
  return (
    <ul class="alternatives">
      {slots.map((slot) => (
        <li key={slot.id}>
          <button class="button secondary" type="button" aria-disabled={busy !== null} onClick={() => onChoose(slot)}>
            <span>
              {moment(slot.startsAt)}
              <small>{slot.doctor.fullName}</small>
            </span>
            {busy === slot.id && <span class="spinner" />}
          </button>
        </li>
      ))}
    </ul>
  );
}
