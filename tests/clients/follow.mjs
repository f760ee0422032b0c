// node follow.mjs ws|sse URL KEY COUNT QUERY VARIABLES: the reference client prints each message as a line of JSON.
import { createClient as createSSE } from "graphql-sse";
import { createClient as createWS } from "graphql-ws";
import WebSocket from "ws";

const [protocol, url, key, count, query, variables] = process.argv.slice(2);
const authorization = key ? { authorization: `Bearer ${key}` } : {};
const say = (line) => console.log(JSON.stringify(line));

const client =
  protocol === "ws"
    ? createWS({
        url,
        webSocketImpl: WebSocket,
        connectionParams: authorization,
        retryAttempts: Number(process.env.RETRIES ?? 0),
        retryWait: () => new Promise((resolve) => setTimeout(resolve, 300)),
        shouldRetry: () => true, // retry even if the connection is refused, as while the service restarts
        on: { connected: () => say({ connected: true }), ping: () => say({ ping: true }) },
      })
    : createSSE({ url, headers: authorization, retryAttempts: 0 });

let left = Number(count);
try {
  for await (const result of client.iterate({ query, variables: JSON.parse(variables || "{}") })) {
    say(result);
    if (--left === 0) break;
  }
  say({ complete: true });
} catch (problem) {
  if (Array.isArray(problem)) say({ errors: problem });
  else say({ closed: problem.code ?? problem.response?.status ?? null, reason: problem.reason ?? String(problem) });
}
await client.dispose();
process.exit(0);
