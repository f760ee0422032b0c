// Signing in for staff: the session goes into an HttpOnly cookie; nothing is kept in the browser.
"use strict";

const form = document.querySelector("form");
const said = document.querySelector("[role=alert]");
const noted = document.querySelector("[role=status]");
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

const part = (name) => form.querySelector(`[data-${name}]`);

/** A one-time password was accepted, now or before the page was reloaded: next, ask for a password of their own. */
function askForOwnPassword() {
  part("known").hidden = true;
  part("first").hidden = false;
  field("password").required = false;
  field("new").required = true;
  field("new").focus();
}

async function requestNewPassword() {
  if (!field("login").reportValidity()) return;
  const result = await ask("StaffNewPassword", { login: field("login").value });
  noted.textContent = result.message;
}

async function submit() {
  const isFirst = !part("first").hidden;
  const result = isFirst
    ? await ask("StaffPassword", { current: field("password").value || null, new: field("new").value })
    : await ask("StaffLogIn", {
        login: field("login").value,
        password: field("password").value,
        code: field("code").value || null,
      });
  if (result.reason) askForCode(result.message);
  else if (!result.account) {
    said.textContent = [result.message, ...(result.reasons || [])].join(" ");
  } else if (result.account.mustChangePassword) {
    askForOwnPassword();
    noted.textContent = "Hasło jednorazowe zostało przyjęte. Prosimy ustawić własne hasło.";
  } else {
    location.reload();
  }
}

function askForCode(message) {
  part("code").hidden = false;
  field("code").required = true;
  field("code").value = "";
  field("code").focus();
  said.textContent = message;
}

function attempt(deed) {
  said.textContent = noted.textContent = "";
  deed().catch((error) => (said.textContent = error.message));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(submit);
});
part("forgotten").addEventListener("click", () => attempt(requestNewPassword));
if (form.hasAttribute("data-begun")) askForOwnPassword();
