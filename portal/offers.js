// What the centre keeps for the patient: another term for a visit whose doctor is absent, or a term that came free.

import { ask } from "./api.js";
import { button, h, say } from "./dom.js";
import { moment, word } from "./words.js";

// `planned`: the visits that an offer may be for.
export function offered(offers, planned, refresh) {
  if (!offers.length) return [];
  return [h("h1", {}, word("offers")), ...offers.map((offer) => card(offer, planned, refresh))];
}

function card({ id, expiresAt, visitId, slot }, planned, refresh) {
  const visit = planned.find((one) => one.id === visitId);
  const answered = async (answer, done) => {
    await refresh("#/visits");
    say(answer.message || word(done), answer.message ? "refusal" : "done");
  };
  const accept = async () => answered(await ask("AcceptOffer", { input: { offerId: id } }), visitId ? "moved" : "booked");
  const decline = async () => answered({ done: await ask("DeclineOffer", { input: { offerId: id } }) }, visitId ? "declined" : "passedOn");
  return h(
    "div",
    { class: "card offer" },
    h("p", {}, visit ? [word("insteadOf"), moment(visit.startsAt)] : word("cameFree")),
    h("p", { class: "when" }, moment(slot.startsAt)),
    h("p", {}, slot.doctor.fullName, h("br"), slot.clinic.name, h("br"), slot.clinic.address),
    h("p", { class: "quiet" }, word("hold"), moment(expiresAt)),
    h("div", { class: "row" }, button(word("accept"), accept, "main"), button(word("decline"), decline))
  );
}
