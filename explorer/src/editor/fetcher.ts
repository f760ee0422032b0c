// Requests of the editor behave like those of the panels: if the session ends, they wait while the desk is hidden.
import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
import { isSignedOut, type Answer } from "../api";
import { end, sessionWasUsed } from "../session";

async function fetchSignedIn(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  if (!response.headers.get("content-type")?.includes("json")) return response;
  const answer = (await response.clone().json()) as Answer<unknown>;
  if (!(await isSignedOut(answer))) {
    sessionWasUsed();
    return response;
  }
  await end();
  return fetchSignedIn(input, init);
}

export const fetcher: Fetcher = createGraphiQLFetcher({
  url: "/graphql",
  subscriptionUrl: `${location.origin.replace(/^http/, "ws")}/graphql`,
  fetch: fetchSignedIn as typeof fetch,
});
