/** Asks the GraphQL API. The session lives in an HttpOnly cookie that no script sees. */

import { language } from "../state/language";
import { type ErrorAnswer, Fault, faultOf } from "./fault";
import type { Given, Operation } from "./operation";

const PATIENCE = 20_000;

interface Body<Answer> {
  readonly data?: Answer | null;
  readonly errors?: readonly ErrorAnswer[];
}

type Listener = () => void;
let onAnswer: Listener = () => {};
let onNobody: Listener = () => {};
let onUnauthenticated: Listener = () => {};

/** Registers what to call when an answer shows that the session continues, does not exist, or is not sufficient. */
export function listen(on: { answer: Listener; nobody: Listener; unauthenticated: Listener }): void {
  onAnswer = on.answer;
  onNobody = on.nobody;
  onUnauthenticated = on.unauthenticated;
}

/** `me` is null for a stranger. */
const isNobodys = (data: unknown): boolean => (data as { me?: unknown }).me === null;

/** Returns the data, refusals included; throws a Fault. */
export async function ask<Answer, Variables>(
  operation: Operation<Answer, Variables>,
  ...[variables]: Given<Variables>
): Promise<Answer> {
  const data = await dataOf(operation, variables, "same-origin");
  if (isNobodys(data)) onNobody();
  else onAnswer();
  return data;
}

/** Asks for public data without the cookie, so that the request does not keep the session alive. */
export function askQuietly<Answer, Variables>(
  operation: Operation<Answer, Variables>,
  ...[variables]: Given<Variables>
): Promise<Answer> {
  return dataOf(operation, variables, "omit");
}

async function dataOf<Answer, Variables>(
  operation: Operation<Answer, Variables>,
  variables: Variables | Record<string, never> | undefined,
  credentials: RequestCredentials,
): Promise<Answer> {
  const body = JSON.stringify({ documentId: operation.id, variables: variables ?? {} });
  const { data, errors } = await send<Answer>(body, credentials);
  const [error] = errors ?? [];
  if (error) {
    const fault = faultOf(error);
    if (fault.code === "UNAUTHENTICATED") onUnauthenticated();
    throw fault;
  }
  if (!data) throw new Fault("UNAVAILABLE");
  return data;
}

async function send<Answer>(body: string, credentials: RequestCredentials): Promise<Body<Answer>> {
  const headers = { "content-type": "application/json", "accept-language": language.value };
  const signal = AbortSignal.timeout(PATIENCE);
  let response: Response;
  try {
    response = await fetch("/graphql", { method: "POST", credentials, headers, body, signal });
  } catch {
    throw new Fault(navigator.onLine ? "UNAVAILABLE" : "OFFLINE");
  }
  try {
    return (await response.json()) as Body<Answer>;
  } catch {
    throw new Fault("UNAVAILABLE"); // a proxy answered, not the service
  }
}
