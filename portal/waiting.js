// The waiting list: asking to be told when a term comes free, and waiting no longer.

import { ask } from "./api.js";
import { button, form, h, say } from "./dom.js";
import { day, word } from "./words.js";

export function waiting(entries, refresh) {
  if (!entries.length) return [];
  return [h("h1", {}, word("waiting")), ...entries.map((entry) => card(entry, refresh))];
}

function card({ id, from, until, earliest, latest, clinic, doctor }, refresh) {
  const leave = async () => {
    await ask("LeaveWaitingList", { input: { entryId: id } });
    await refresh("#/visits");
    say(word("left"));
  };
  const hours = earliest || latest ? `, ${earliest || "00:00"}–${latest || "24:00"}` : "";
  return h(
    "div",
    { class: "card" },
    h("p", {}, [clinic.name, doctor?.fullName].filter(Boolean).join(", ")),
    h("p", { class: "quiet" }, `${day(from)} – ${day(until)}${hours}`),
    button(word("leave"), leave)
  );
}

// `first` and `last`: the days that stand in the form to begin with.
export function joining(clinic, first, last) {
  const fields = [
    { name: "from", label: word("waitFrom"), type: "date", value: first },
    { name: "until", label: word("waitUntil"), type: "date", value: last },
    { name: "earliest", label: word("waitEarliest"), type: "time" },
    { name: "latest", label: word("waitLatest"), type: "time" },
  ];
  const submit = async ({ earliest, latest, ...days }) => {
    const input = { clinicId: clinic.id, ...days, earliest: earliest || null, latest: latest || null };
    const answer = await ask("JoinWaitingList", { input });
    if (answer.id) {
      location.hash = "#/visits";
      say(word("joined"));
    }
    return answer;
  };
  return h("details", {}, h("summary", {}, word("wait")), h("p", {}, word("waitWhy")), form(fields, word("wait"), submit));
}
