// The patient's page: a client of the GraphQL API like any other. Addresses are hashes: #/book, #/visits, #/account.

import { account } from "./account.js";
import { ask, language, speak } from "./api.js";
import { book } from "./booking.js";
import { h, say, turnPage } from "./dom.js";
import { forgotten, logIn, setPassword, signUp } from "./signing.js";
import { visits } from "./visits.js";
import { moment, word } from "./words.js";

const PAGES = {
  "": home,
  "sign-up": () => signUp(),
  "log-in": () => logIn(refresh),
  "set-password": () => setPassword(refresh),
  forgotten: () => forgotten(),
  book: () => book(),
  move: (visit) => book(visit),
  visits: () => visits(refresh),
  account: () => account(refresh),
};
const PRIVATE = ["book", "move", "visits", "account"];
let signedIn = false;
let turns = 0;

async function home() {
  const { isOpen, nextOpening } = await ask("Hours");
  return [
    h("h1", {}, word("book")),
    h("p", {}, word("welcome")),
    isOpen ? null : h("p", { class: "refusal" }, word("closedNow"), moment(nextOpening)),
    h("p", { class: "row" }, h("a", { href: signedIn ? "#/book" : "#/log-in" }, word(signedIn ? "book" : "logIn")), h("a", { href: "#/sign-up" }, word("signUp"))),
  ].filter(Boolean);
}

async function whoAmI() {
  try {
    signedIn = Boolean((await ask("WhoAmI"))?.patient);
  } catch {
    signedIn = false; // a one-time password's session: the page for setting an own one works
  }
}

function navigation() {
  const link = (hash, name) => h("a", { href: hash }, word(name));
  const leave = h("a", { href: "#/", onclick: () => ask("LogOut").then(() => refresh("#/")) }, word("logOut"));
  const links = signedIn
    ? [link("#/book", "book"), link("#/visits", "visits"), link("#/account", "account"), leave]
    : [link("#/log-in", "logIn"), link("#/sign-up", "signUp")];
  document.querySelector("nav").replaceChildren(...links);
  document.querySelector(".language").textContent = language === "pl" ? "English" : "Polski";
}

// A page that was left before its answer came does not overwrite the one that followed, and cannot be clicked any more.
async function show() {
  const turn = ++turns;
  const [, page = "", argument] = location.hash.split("/");
  const name = PRIVATE.includes(page) && !signedIn ? "log-in" : page;
  const main = document.querySelector("main");
  const focused = document.activeElement;
  navigation();
  main.inert = true;
  try {
    const build = Object.hasOwn(PAGES, name) ? PAGES[name] : home;
    const content = await build(argument && decodeURIComponent(argument));
    if (turn !== turns) return;
    main.replaceChildren(...content);
    main.inert = false;
  } catch (error) {
    if (turn !== turns) return;
    if (error.code === "UNAUTHENTICATED") return refresh("#/log-in"); // that page ends what is inert
    main.inert = false;
    focused?.focus(); // an inert page had to let it go
    say(error.message, "refusal");
  }
}

async function refresh(hash) {
  await whoAmI();
  if (location.hash === hash) await show();
  else location.hash = hash;
}

document.querySelector(".language").addEventListener("click", () => {
  speak(language === "pl" ? "en" : "pl");
  show();
});
addEventListener("hashchange", () => {
  turnPage();
  show();
});
speak(language);
await whoAmI();
await show();
