// Signing in for staff: the session goes into an HttpOnly cookie; nothing is kept in the browser.
"use strict";

const form = document.querySelector("form");
const said = document.querySelector("[role=alert]");
const field = (name) => form.elements.namedItem(name);

const documents = fetch("/explorer/sign_in.graphql").then(async (answer) => (await answer.text()).split(/\n\n+/));

async function ask(name, variables) {
  const query = (await documents).find((text) => text.startsWith(`mutation ${name}(`)).trim();
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await response.json();
  if (answer.errors) throw new Error(answer.errors[0].message);
  return Object.values(answer.data)[0];
}

async function submit() {
  const isFirst = !form.querySelector("[data-first]").hidden;
  const result = isFirst
    ? await ask("StaffPassword", { current: field("password").value, new: field("new").value })
    : await ask("StaffLogIn", {
        login: field("login").value,
        password: field("password").value,
        code: field("code").value || null,
      });
  if (result.reason) askForCode(result.message);
  else if (!result.account) {
    said.textContent = [result.message, ...(result.reasons || [])].join(" ");
  } else if (result.account.mustChangePassword) {
    form.querySelector("[data-first]").hidden = false;
    field("new").required = true;
    field("new").focus();
    said.textContent = "Hasło jednorazowe przyjęte. Proszę ustawić własne hasło.";
  } else {
    location.reload();
  }
}

function askForCode(message) {
  form.querySelector("[data-code]").hidden = false;
  field("code").required = true;
  field("code").value = "";
  field("code").focus();
  said.textContent = message;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  said.textContent = "";
  submit().catch((error) => (said.textContent = error.message));
});
