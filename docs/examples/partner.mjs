// Appends every event of your clinics to events.jsonl. Stopped or killed and restarted, it misses and repeats nothing.
//
//   npm install graphql graphql-ws ws
//   PARTNER_KEY=erp_... node partner.mjs wss://rejestracja.example/graphql

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const FILE = "events.jsonl";
const EVENTS = `
  subscription ($after: String) {
    events(after: $after) {
      __typename cursor id occurredAt clinicId
      ... on SlotsPublished { doctorId slots { id startsAt isFree } }
      ... on SlotsWithdrawn { doctorId slots { id } }
      ... on VisitBooked { visitReference slot { id startsAt } }
      ... on VisitRescheduled { visitReference fromSlot { id startsAt } toSlot { id startsAt } }
      ... on VisitCancelled { visitReference slot { id startsAt } }
    }
  }`;
const FINAL = ["UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"];

// The event and its cursor are in ONE line, so each event is stored exactly once. A line cut off by a crash is removed.
function lastCursor() {
  if (!existsSync(FILE)) return null;
  const whole = readFileSync(FILE);
  const end = whole.lastIndexOf("\n") + 1;
  truncateSync(FILE, end);
  const lines = whole.subarray(0, end).toString().trimEnd().split("\n");
  return lines[0] === "" ? null : JSON.parse(lines.at(-1)).cursor;
}

function save(line) {
  writeSync(file, JSON.stringify(line) + "\n");
  fsyncSync(file);
  cursor = line.cursor;
}

let cursor = lastCursor();
const file = openSync(FILE, "a");

const client = createClient({
  url: process.argv[2],
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${process.env.PARTNER_KEY}` },
  retryAttempts: 0, // the client's own retries would use the old cursor again
});

async function follow() {
  for await (const { data, errors } of client.iterate({ query: EVENTS, variables: { after: cursor } })) {
    if (errors) throw errors;
    save(data.events);
    console.log(data.events.__typename, data.events.occurredAt);
  }
}

// Events after our cursor have been deleted: take the latest cursor first, then load your data, then follow.
async function startOver() {
  for await (const { data, errors } of client.iterate({ query: "{ latestEventCursor }" })) {
    if (errors) throw errors;
    // ... here: load freeSlots of your clinics, and replace what you have ...
    save({ cursor: data.latestEventCursor });
    console.log("started over");
  }
}

function stop(why) {
  console.error(why);
  closeSync(file);
  process.exit(1);
}

for (;;) {
  let seconds = 1;
  try {
    await follow();
  } catch (problem) {
    // an array of GraphQL errors, or the close event of the socket
    const error = Array.isArray(problem) ? problem[0] : {};
    const code = error.extensions?.code ?? problem.code;
    if (code === "CURSOR_EXPIRED") await startOver().catch(() => {});
    else if (FINAL.includes(code)) stop(`${code}: ${error.message}`);
    else if (code === 4401 || code === 4403) stop(`${code}: this key is no longer valid.`);
    else seconds = error.extensions?.retryAfterSeconds ?? 1;
  }
  await sleep(1000 * seconds * (0.5 + Math.random())); // so that partners do not all reconnect at once
}
