// The account: contact data, who used the data, taking them away, closing.

import { ask } from "./api.js";
import { button, form, h, say } from "./dom.js";
import { moment, word } from "./words.js";

const password = () => ({ name: "currentPassword", label: word("currentPassword"), type: "password", autocomplete: "current-password" });

export async function account(refresh) {
  const { email, patient } = await ask("Me");
  return [
    h("h1", {}, `${patient.firstName} ${patient.lastName}`),
    h("p", { class: "quiet" }, `PESEL ${patient.peselMasked}`),
    contact(email, patient),
    h("p", {}, h("a", { href: "#/set-password" }, word("setPassword"))),
    h("h2", {}, word("accessLog")),
    h("ul", {}, patient.accessLog.nodes.map(({ at, who, what }) => h("li", {}, `${moment(at)}: ${what} (${who})`))),
    h("p", {}, button(word("exportData"), download)),
    h("h2", {}, word("closeAccount")),
    closing(refresh),
  ];
}

function contact(email, { phone, smsReminders }) {
  const fields = [
    { name: "email", label: word("email"), type: "email", value: email },
    { name: "phone", label: word("phone"), type: "tel", value: phone || "" },
    { name: "smsReminders", label: word("smsReminders"), type: "checkbox", value: smsReminders },
    password(),
  ];
  return form(fields, word("save"), async (input) => {
    const answer = await ask("UpdateContact", { input });
    if (answer.email) say(word("saved"));
    return answer.email ? null : answer;
  });
}

async function download() {
  const href = URL.createObjectURL(new Blob([await ask("ExportMyData")], { type: "application/json" }));
  h("a", { href, download: "e-rejestracja.json" }).click();
  URL.revokeObjectURL(href);
}

function closing(refresh) {
  return form([password()], word("closeAccount"), async (input) => {
    if (!confirm(word("closeSure"))) return null;
    const answer = await ask("CloseAccount", { input });
    if (answer.__typename === "Accepted") {
      await refresh("#/");
      say(answer.message);
    }
    return answer;
  });
}
