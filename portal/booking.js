// Choosing a clinic, a day and a term; holding it; booking it, or moving a visit to it.

import { ask, newKey } from "./api.js";
import { button, form, h, say } from "./dom.js";
import { joining } from "./waiting.js";
import { day, hour, moment, word } from "./words.js";

const isoDay = (date) => new Intl.DateTimeFormat("sv", { timeZone: "Europe/Warsaw" }).format(date);
const daysAhead = (count) => isoDay(new Date(Date.now() + count * 86400000));

// `visit`: the id of a visit to move; undefined: a new visit.
export async function book(visit) {
  const place = h("div");
  const { nodes } = await ask("Clinics");
  const list = nodes.map((clinic) =>
    h(
      "div",
      { class: "card" },
      h("h2", {}, clinic.name),
      h("p", { class: "quiet" }, clinic.description, h("br"), clinic.address, h("br"), word("phoneHelp"), clinic.phone),
      button(word("choose"), () => showDays(place, list, clinic, visit), "main")
    )
  );
  place.replaceChildren(...list);
  return [h("h1", {}, visit ? word("move") : word("book")), place];
}

async function showDays(place, back, clinic, visit) {
  const days = await ask("FreeDays", { clinic: clinic.id, from: daysAhead(0), until: daysAhead(91) });
  const buttons = days.map(({ date, freeSlots }) =>
    button(`${day(date)} (${word("free")}${freeSlots})`, () => showSlots(place, [...place.children], clinic, date, visit))
  );
  place.replaceChildren(
    h("h2", {}, clinic.name),
    h("div", { class: "row" }, buttons.length ? buttons : h("p", {}, word("noTerms"))),
    visit ? h("p") : joining(clinic, daysAhead(1), daysAhead(30)),
    h("p", {}, button(word("back"), () => place.replaceChildren(...back)))
  );
}

async function showSlots(place, back, clinic, date, visit) {
  const offset = new Intl.DateTimeFormat("en", { timeZone: "Europe/Warsaw", timeZoneName: "longOffset" })
    .formatToParts(new Date(`${date}T12:00:00Z`))
    .find((part) => part.type === "timeZoneName")
    .value.slice(3);
  const filter = { clinicId: clinic.id, from: `${date}T00:00:00${offset}`, until: `${date}T23:59:59${offset}` };
  const { nodes } = await ask("FreeSlots", { filter });
  place.replaceChildren(
    h("h2", {}, `${clinic.name}, ${day(date)}`),
    h("div", { class: "row" }, nodes.map((slot) => slotButton(place, slot, visit, hour))),
    h("p", {}, button(word("back"), () => place.replaceChildren(...back)))
  );
}

function slotButton(place, slot, visit, said) {
  return button(`${said(slot.startsAt)} ${slot.doctor.fullName}`, () => hold(place, slot, visit));
}

function refused(place, answer, visit) {
  say(answer.message, "refusal");
  if (answer.alternatives?.length)
    place.replaceChildren(
      h("h2", {}, word("pickAgain")),
      h("div", { class: "row" }, answer.alternatives.map((slot) => slotButton(place, slot, visit, moment)))
    );
}

async function hold(place, { id }, visit) {
  say("");
  const back = [...place.children];
  const answer = await ask("HoldSlot", { input: { slotId: id } });
  if (!answer.slot) return refused(place, answer, visit);
  const { slot, expiresAt } = answer;
  const release = async () => {
    await ask("ReleaseSlot", { input: { slotId: id } });
    place.replaceChildren(...back);
  };
  place.replaceChildren(
    h(
      "div",
      { class: "card" },
      h("p", { class: "when" }, moment(slot.startsAt)),
      h("p", {}, slot.doctor.fullName, h("br"), slot.clinic.name, h("br"), slot.clinic.address),
      h("p", { class: "quiet" }, word("hold"), hour(expiresAt))
    ),
    confirmation(place, slot, visit),
    h("p", {}, button(word("back"), release))
  );
}

function confirmation(place, slot, visit) {
  const idempotencyKey = newKey(); // one wish, one key: pressing again after a lost answer books once
  const fields = visit ? [] : [{ name: "reason", label: word("reason"), maxlength: 500 }];
  return form(fields, word("confirm"), async ({ reason }) => {
    const answer = visit
      ? await ask("RescheduleVisit", { input: { visitId: visit, slotId: slot.id, idempotencyKey } })
      : await ask("BookVisit", { input: { slotId: slot.id, reason: reason || null, idempotencyKey } });
    if (!answer.reference) return refused(place, answer, visit);
    location.hash = "#/visits";
    say(word(visit ? "moved" : "booked"));
  });
}
