// Signing in for staff: the session goes into an HttpOnly cookie; nothing is kept in the browser.
"use strict";

const LOG_IN = `mutation LogIn($login: String!, $password: String!, $code: String) {
  logIn(input: { login: $login, password: $password, oneTimeCode: $code, asCookie: true }) {
    ... on Session { account { role mustChangePassword } }
    ... on SecondFactorRequired { message reason }
    ... on Problem { message }
  }
}`;
const CHANGE = `mutation ChangePassword($current: String!, $new: String!) {
  changePassword(input: { currentPassword: $current, newPassword: $new }) {
    ... on Session { account { role } }
    ... on WeakPassword { message reasons }
    ... on Problem { message }
  }
}`;

const form = document.querySelector("form");
const said = document.querySelector("[role=alert]");
const field = (name) => form.elements.namedItem(name);

async function ask(query, variables) {
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
    ? await ask(CHANGE, { current: field("password").value, new: field("new").value })
    : await ask(LOG_IN, {
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
