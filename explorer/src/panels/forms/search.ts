// Search boxes for ids: each kind of object is found in its own way, and shown by its name.
import { ask } from "../../api";
import {
  ChooseClinicDocument,
  ChooseColleagueDocument,
  ChooseDoctorDocument,
  ChooseEntryDocument,
  ChooseMessageDocument,
  ChooseOfferDocument,
  ChoosePartnerDocument,
  ChoosePatientDocument,
  ChooseScheduleDocument,
  ChooseSlotDocument,
  ChooseVisitDocument,
} from "../../generated";
import { addDays, moment, now, plainDay, today } from "../../time";
import { current } from "../../workspace";
import { personName, phoneText } from "../../words/people";
import { LOOKS } from "../../words/states";
import { ENUMS, KINDS } from "../../words/words";

export interface Choice {
  id: string;
  label: string;
  more?: string;
}

type Finder = (search: string) => Promise<Choice[]>;

const joined = (...parts: (string | null | undefined | false)[]) => parts.filter(Boolean).join(" · ");

/** A short list is shown whole, filtered by the typed text. */
const narrowed = (choices: Choice[], search: string) =>
  choices.filter((choice) =>
    `${choice.label} ${choice.more ?? ""}`.toLowerCase().includes(search.trim().toLowerCase()),
  );

const clinic: Finder = async (search) => {
  const { clinics } = await ask(ChooseClinicDocument, { search });
  return clinics.nodes.map((one) => ({ id: one.id, label: one.name, more: one.address }));
};

const doctor: Finder = async (search) => {
  const { doctors } = await ask(ChooseDoctorDocument, { search });
  return doctors.nodes.map((one) => ({ id: one.id, label: one.fullName, more: one.specialties.join(", ") }));
};

const patient: Finder = async (search) => {
  const { patients } = await ask(ChoosePatientDocument, { search });
  return patients.nodes.map((one) => ({
    id: one.id,
    label: personName(one),
    more: joined(one.peselMasked, phoneText(one.phone)),
  }));
};

const visit: Finder = async (search) => {
  const { patients } = await ask(ChooseVisitDocument, { search });
  return patients.nodes.flatMap((one) =>
    [...one.plannedVisits.nodes, ...one.pastVisits.nodes].map((its) => ({
      id: its.id,
      label: `${personName(one)}, ${moment(its.startsAt)}`,
      more: joined(its.doctor.fullName, LOOKS[its.status].word, its.reference),
    })),
  );
};

const offer: Finder = async (search) => {
  const { patients } = await ask(ChooseOfferDocument, { search });
  return patients.nodes.flatMap((one) =>
    one.offers.map((its) => ({
      id: its.id,
      label: `${personName(one)}: ${its.slot ? moment(its.slot.startsAt) : "bez terminu"}`,
      more: joined(its.slot?.doctor.fullName, ENUMS.OfferAnswer![its.answer]),
    })),
  );
};

const entry: Finder = async (search) => {
  const { patients } = await ask(ChooseEntryDocument, { search });
  return patients.nodes.flatMap((one) =>
    one.waitingList.nodes.map((its) => ({
      id: its.id,
      label: `${personName(one)}, ${its.clinic.name}`,
      more: `${plainDay(its.from)}–${plainDay(its.until)}`,
    })),
  );
};

interface Timed {
  id: string;
  startsAt: string;
  doctor: { fullName: string };
  clinic: { name: string };
}

const slotChoice = (one: Timed & { blockReason?: string | null }) => ({
  id: one.id,
  label: `${moment(one.startsAt)}, ${one.doctor.fullName}`,
  more: joined(one.clinic.name, one.blockReason),
});

/** Future slots, free or blocked: those of the doctors whose names match, or of the clinic that was chosen last. */
const slot: Finder = async (search) => {
  const doctorIds = search.trim() ? (await doctor(search)).map((one) => one.id) : [];
  const clinic = current().chosen.Clinic;
  const { slots } = await ask(ChooseSlotDocument, {
    filter: {
      from: now(),
      until: `${addDays(today(), 30)}T00:00`,
      states: ["FREE", "BLOCKED"],
      ...(doctorIds.length > 0 ? { doctorIds } : clinic ? { clinicIds: [clinic.id] } : {}),
    },
  });
  const choices = slots.nodes.map(slotChoice);
  return doctorIds.length > 0 ? choices : narrowed(choices, search);
};

async function ofDoctors<T>(search: string, read: (id: string, name: string) => Promise<T[]>): Promise<T[]> {
  const known = current().chosen.Doctor;
  const doctors = search || !known ? (await doctor(search)).slice(0, 5) : [known];
  return (await Promise.all(doctors.map((one) => read(one.id, one.label)))).flat();
}

const schedule: Finder = (search) =>
  ofDoctors(search, async (id, name) =>
    (await ask(ChooseScheduleDocument, { doctor: id })).schedules.map((one) => ({
      id: one.id,
      label: `${name}, ${one.clinic.name}`,
      more: `od ${plainDay(one.validFrom)} ${one.validUntil ? `do ${plainDay(one.validUntil)}` : "do odwołania"}`,
    })),
  );

const absence: Finder = (search) =>
  ofDoctors(search, async (id, name) =>
    (await ask(ChooseScheduleDocument, { doctor: id })).absences.map((one) => ({
      id: one.id,
      label: `${name}, ${moment(one.startsAt)} – ${moment(one.endsAt)}`,
      more: one.reason,
    })),
  );

const colleague: Finder = async (search) => {
  const { staff } = await ask(ChooseColleagueDocument, {});
  return narrowed(
    staff.nodes.map((one) => ({ id: one.id, label: one.name, more: joined(ENUMS.Role![one.role], one.email) })),
    search,
  );
};

const partner: Finder = async (search) => {
  const { partners } = await ask(ChoosePartnerDocument, {});
  return narrowed(
    partners.map((one) => ({ id: one.id, label: one.name })),
    search,
  );
};

const message: Finder = async (search) => {
  const { messages } = await ask(ChooseMessageDocument, {});
  return narrowed(
    messages.nodes.map((one) => ({
      id: one.id,
      label: `${ENUMS.MessageKind![one.kind]}, ${one.to}`,
      more: moment(one.createdAt),
    })),
    search,
  );
};

/** What an audit entry can be about, limited to the kinds of objects that can be searched for by name. */
const subject: Finder = async (search) => {
  const kinds: [string, Finder][] = [
    ["Patient", patient],
    ["Visit", visit],
    ["Doctor", doctor],
    ["Clinic", clinic],
    ["StaffMember", colleague],
  ];
  const found = await Promise.all(kinds.map(([, find]) => find(search)));
  return kinds.flatMap(([kind], index) =>
    found[index]!.map((one) => ({ ...one, more: joined(KINDS[kind], one.more) })),
  );
};

export const FINDERS: Record<string, Finder> = {
  Clinic: clinic,
  Doctor: doctor,
  Patient: patient,
  Visit: visit,
  Offer: offer,
  WaitingListEntry: entry,
  Slot: slot,
  Schedule: schedule,
  Absence: absence,
  StaffMember: colleague,
  Partner: partner,
  Message: message,
  Subject: subject,
};

const LEAST: Record<string, number> = { Patient: 2, Visit: 2, Offer: 2, WaitingListEntry: 2, Subject: 2 };

export const isEnoughFor = (kind: string, search: string) => search.trim().length >= (LEAST[kind] ?? 0);
