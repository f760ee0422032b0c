/** The session and its end, the centre and its hours: loaded at the start, updated by every answer. */

import { computed, signal } from "@preact/signals";
import { ask, listen } from "../api/ask";
import { ExtendSession, LogOut, Start, WhoAmI, type StartQuery } from "../generated/operations";
import { forgetAnswers } from "./answers";
import { untilWorthTrying } from "./connection";
import { forgetDrafts } from "./drafts";
import { now, setClock, zone } from "./time";

export type Me = NonNullable<StartQuery["me"]>;
export type Patient = NonNullable<Me["patient"]>;
export type Centre = StartQuery["centre"];
export type Hours = StartQuery["serviceHours"];

/** The server updates the time of the last request once a minute. */
const SEEN_EVERY = 60_000;
const PAUSE = 4_000;

export const centre = signal<Centre | null>(null);
export const hours = signal<Hours | null>(null);
export const me = signal<Me | null>(null);
/** Whether the session ended without a log-out. */
export const hasEnded = signal(false);
export const ends = signal({ at: Infinity, latest: Infinity });
let idle = Infinity;
let last: Me | undefined;

export const standing = computed<"stranger" | "halfOpen" | "staff" | "patient">(() => {
  if (!me.value) return "stranger";
  if (me.value.mustChangePassword) return "halfOpen";
  return me.value.patient ? "patient" : "staff";
});

const tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel("session") : null;
type TabMessage = { readonly kind: "alive"; readonly until: number } | { readonly kind: "changed" };
const notifyTabs = (message: TabMessage): void => tabs?.postMessage(message);

function keepTime({ endsAt, latestEnd }: Me["session"], isFresh: boolean): void {
  ends.value = { at: Date.parse(endsAt), latest: Date.parse(latestEnd) };
  if (isFresh || idle === Infinity) idle = ends.value.at - now() - SEEN_EVERY;
}

function prolong(): void {
  if (!me.value) return;
  const { at, latest } = ends.value;
  const later = Math.max(at, Math.min(now() + idle, latest));
  if (later - at < 5_000) return;
  ends.value = { at: later, latest };
  notifyTabs({ kind: "alive", until: later });
}

/** Compares addresses, because after a one-time password nothing else is known, and patients: an address may change. */
const isSamePerson = (one: Me, other: Me): boolean =>
  one.email === other.email || (one.patient !== null && one.patient.id === other.patient?.id);

/** Replaces the account; drafts and answers of another person are forgotten. */
export function setMe(account: Me | null, isFresh = true): void {
  if (account && last && !isSamePerson(account, last)) forgetDrafts();
  if (account) last = account;
  if (account) hasEnded.value = false;
  if (account?.patient?.id !== me.value?.patient?.id) forgetAnswers();
  me.value = account;
  if (account) keepTime(account.session, isFresh);
}

function end(): void {
  if (!me.value) return;
  hasEnded.value = true;
  me.value = null;
  forgetAnswers();
}

export async function start(): Promise<void> {
  const answer = await ask(Start);
  setClock(answer.serviceHours.now);
  zone.value = answer.serviceHours.timeZone;
  hours.value = answer.serviceHours;
  centre.value = answer.centre;
  setMe(answer.me, false);
}

export async function refreshMe(): Promise<void> {
  const { me: account } = await ask(WhoAmI);
  if (account) setMe(account, false);
  else end();
}

/** Stores the account of a new session and notifies other tabs. */
export function signIn(account: Me): void {
  setMe(account);
  notifyTabs({ kind: "changed" });
}

export async function extend(): Promise<void> {
  const { extendSession } = await ask(ExtendSession);
  if (!extendSession) return end();
  keepTime(extendSession, true);
  notifyTabs({ kind: "alive", until: ends.value.at });
}

export async function logOut(): Promise<void> {
  await ask(LogOut);
  signedOut();
}

/** Clears the user's data in this tab and in others. */
export function signedOut(): void {
  forgetDrafts();
  setMe(null);
  hasEnded.value = false;
  notifyTabs({ kind: "changed" });
}

/** Ends the session when its time is over, unless another tab has extended it. */
export function endIfOver(): void {
  if (me.value && now() >= ends.value.at) end();
}

tabs?.addEventListener("message", ({ data }: MessageEvent<TabMessage>) => {
  if (data.kind === "changed") void refreshAfterOthers();
  else if (me.value && data.until > ends.value.at) ends.value = { ...ends.value, at: data.until };
});

async function refreshAfterOthers(): Promise<void> {
  const { me: account } = await ask(WhoAmI);
  if (!account) forgetDrafts();
  setMe(account, false);
  hasEnded.value = false; // the person logged out
}

/** Loads the account and the session again; retries until there is an answer, because the screen needs it. */
async function refreshUntilAnswered(): Promise<void> {
  for (;;) {
    try {
      return await refreshMe();
    } catch {
      await untilWorthTrying(PAUSE);
    }
  }
}

listen({
  answer: prolong,
  nobody: end,
  unauthenticated: () => {
    if (me.value) void refreshUntilAnswered();
  },
});
