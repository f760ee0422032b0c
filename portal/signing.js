// Signing up, signing in, setting a password.

import { ask } from "./api.js";
import { form, h, say } from "./dom.js";
import { word } from "./words.js";

let oneTimePassword = ""; // between log-in and the first own password, in memory only

function accepted(answer) {
  if (answer.__typename === "Accepted") {
    location.hash = "#/log-in";
    say(answer.message);
  }
  return answer;
}

export function signUp() {
  const fields = [
    { name: "firstName", label: word("firstName"), autocomplete: "given-name" },
    { name: "lastName", label: word("lastName"), autocomplete: "family-name" },
    { name: "pesel", label: word("pesel"), inputmode: "numeric", autocomplete: "off" },
    { name: "email", label: word("email"), type: "email", autocomplete: "email" },
    { name: "phone", label: word("phone"), type: "tel", autocomplete: "tel" },
    { name: "smsReminders", label: word("smsReminders"), type: "checkbox" },
  ];
  const language = document.documentElement.lang.toUpperCase();
  const submit = async (input) => accepted(await ask("SignUp", { input: { ...input, language } }));
  return [h("h1", {}, word("signUp")), form(fields, word("signUp"), submit)];
}

export function logIn(refresh) {
  const fields = [
    { name: "login", label: word("email"), type: "email", autocomplete: "username" },
    { name: "password", label: word("password"), type: "password", autocomplete: "current-password" },
  ];
  const submit = async (input) => {
    const answer = await ask("LogIn", { input: { ...input, asCookie: true } });
    if (answer.account?.mustChangePassword) {
      oneTimePassword = input.password;
      location.hash = "#/set-password";
      say(word("setPasswordWhy"));
    } else if (answer.account) await refresh("#/book");
    return answer;
  };
  const links = h("p", {}, h("a", { href: "#/forgotten" }, word("forgotten")), " · ", h("a", { href: "#/sign-up" }, word("signUp")));
  return [h("h1", {}, word("logIn")), form(fields, word("logIn"), submit), links];
}

export function setPassword(refresh) {
  const current = { name: "currentPassword", label: word("currentPassword"), type: "password", autocomplete: "current-password" };
  const fresh = { name: "newPassword", label: word("newPassword"), type: "password", autocomplete: "new-password" };
  const submit = async (typed) => {
    const answer = await ask("ChangePassword", { input: { currentPassword: oneTimePassword, ...typed } });
    if (answer.account) {
      oneTimePassword = "";
      await refresh("#/book");
      say(word("passwordSet"));
    }
    return answer;
  };
  return [h("h1", {}, word("setPassword")), form(oneTimePassword ? [fresh] : [current, fresh], word("setPassword"), submit)];
}

export function forgotten() {
  const fields = [{ name: "email", label: word("email"), type: "email", autocomplete: "email" }];
  return [h("h1", {}, word("forgotten")), form(fields, word("send"), async (input) => accepted(await ask("RequestNewPassword", { input })))];
}
