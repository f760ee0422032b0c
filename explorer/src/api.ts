// The public API, as any client uses it.
import { createClient, type Client } from "graphql-ws";
import type { TypedDocumentString } from "./generated";
import { end, sessionWasUsed } from "./session";
import { SESSION } from "./signIn";
import { withoutFieldNames } from "./words/withoutFieldNames";

export interface Sent {
  query: string;
  variables: unknown;
}

export interface Answer<T> {
  data?: T | null;
  errors?: { message: string; extensions?: { code?: string; requestId?: string } }[];
}

export class Failure extends Error {}

const sent = new Map<string, Sent>();

/** The last request that a panel sent under this operation's name, to view and edit in the editor. */
export const lastSent = (name: string) => sent.get(name);

const nameIn = (query: string) => /(?:query|mutation|subscription)\s+(\w+)/.exec(query)?.[1] ?? "";

export async function post<T>(query: string, variables: unknown): Promise<Answer<T>> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": "pl" },
    body: JSON.stringify({ query, variables, operationName: nameIn(query) || undefined }),
  }).catch(() => {
    throw new Failure("Brak połączenia z serwerem. Prosimy spróbować jeszcze raz.");
  });
  const answer = (await response.json().catch(() => null)) as Answer<T> | null;
  if (!answer)
    throw new Failure(`Serwer odpowiedział błędem (${response.status}). Prosimy spróbować jeszcze raz.`);
  return answer;
}

const REFUSED = new Set(["UNAUTHENTICATED", "FORBIDDEN"]);

/** Whether an answer was refused because nobody is signed in. The error code may have other causes, so ask for `me`. */
export async function isSignedOut(answer: Answer<unknown>): Promise<boolean> {
  if (!answer.errors?.some((error) => REFUSED.has(error.extensions?.code ?? ""))) return false;
  const session = await post<{ me: { login: string } | null }>(SESSION, {});
  return session.data?.me === null;
}

/** An error on the server has a number, by which it can be found in the log. */
function inWords({ message, extensions }: NonNullable<Answer<unknown>["errors"]>[number]): string {
  return withoutFieldNames(message) + (extensions?.requestId ? ` Numer zgłoszenia: ${extensions.requestId}.` : "");
}

/** Sends an operation. If the session has ended, sends it again after the next log-in; a refusal changes nothing. */
export async function send<T>(query: string, variables: unknown): Promise<T> {
  sent.set(nameIn(query), { query, variables });
  let answer = await post<T>(query, variables);
  while (await isSignedOut(answer)) {
    await end();
    answer = await post<T>(query, variables);
  }
  sessionWasUsed();
  if (answer.errors?.length) throw new Failure(answer.errors.map(inWords).join(" "));
  return answer.data as T;
}

export const ask = <T, V>(document: TypedDocumentString<T, V>, variables: V): Promise<T> =>
  send<T>(document.toString(), variables);

const OPERATIONS_PER_SOCKET = 20; // the server's limit
const sockets: { client: Client; used: number; missed: Set<() => void> }[] = [];

function socketWithRoom() {
  const found = sockets.find((socket) => socket.used < OPERATIONS_PER_SOCKET);
  if (found) return found;
  const url = location.origin.replace(/^http/, "ws") + "/graphql";
  const missed = new Set<() => void>();
  const connected = (_socket: unknown, _payload: unknown, wasRetry: boolean) => wasRetry && missed.forEach((tell) => tell());
  const client = createClient({ url, retryAttempts: Infinity, shouldRetry: () => true, on: { connected } });
  const made = { client, used: 0, missed };
  sockets.push(made);
  return made;
}

/**
 * Follows a subscription until the returned function is called. After each lost connection it reconnects and passes
 * null, because changes may have been missed.
 */
export function follow<T, V extends object>(
  document: TypedDocumentString<T, V>,
  variables: V,
  happened: (what: T | null) => void,
): () => void {
  const socket = socketWithRoom();
  socket.used += 1;
  let isWanted = true;
  let stop = () => {};
  const missed = () => happened(null);
  socket.missed.add(missed);
  const begin = () => {
    const again = () => isWanted && setTimeout(() => isWanted && (missed(), begin()), 2000);
    const payload = { query: document.toString(), variables: variables as Record<string, unknown> };
    stop = socket.client.subscribe<T>(payload, { next: ({ data }) => happened(data ?? null), error: again, complete: again });
  };
  begin();
  return () => {
    isWanted = false;
    socket.used -= 1;
    socket.missed.delete(missed);
    stop();
  };
}
