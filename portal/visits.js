// Planned visits, with what can be done about them; past ones.

import { ask, newKey } from "./api.js";
import { button, h, say } from "./dom.js";
import { offered } from "./offers.js";
import { waiting } from "./waiting.js";
import { moment, word } from "./words.js";

export async function visits(refresh) {
  const me = await ask("Visits");
  const { offers, waitingList, plannedVisits, pastVisits } = me.patient;
  return [
    ...offered(offers, plannedVisits.nodes, refresh),
    h("h1", {}, word("planned")),
    list(plannedVisits.nodes, (visit) => deeds(visit, refresh)),
    ...waiting(waitingList.nodes, refresh),
    h("h1", {}, word("past")),
    list(pastVisits.nodes, () => null),
  ];
}

function list(nodes, more) {
  return nodes.length ? h("div", {}, nodes.map((visit) => card(visit, more(visit)))) : h("p", {}, word("none"));
}

function card(visit, more) {
  return h(
    "div",
    { class: "card" },
    h("p", { class: "when" }, moment(visit.startsAt)),
    visit.doctorIsAbsent ? h("p", { class: "refusal" }, word("doctorIsAbsent")) : null,
    h("p", {}, visit.doctor.fullName, h("br"), visit.clinic.name, h("br"), visit.clinic.address),
    h("p", { class: "quiet" }, word("reference"), visit.reference, " · ", word(visit.status), " · ", visit.clinic.phone),
    more
  );
}

function deeds(visit, refresh) {
  const calendar = h("a", { href: `data:text/calendar;charset=utf-8,${encodeURIComponent(visit.calendar)}`, download: "wizyta.ics" }, word("calendar"));
  if (visit.status !== "BOOKED" || new Date(visit.cancellableUntil) <= new Date()) return h("p", {}, calendar);
  const key = newKey();
  const cancel = async () => {
    if (!confirm(word("cancelSure"))) return;
    const answer = await ask("CancelVisit", { input: { visitId: visit.id, idempotencyKey: key } });
    await refresh("#/visits");
    say(answer.message || word("cancelled"), answer.message ? "refusal" : "done");
  };
  const move = () => (location.hash = `#/move/${visit.id}`);
  return h("div", { class: "row" }, button(word("move"), move), button(word("cancel"), cancel), calendar);
}
