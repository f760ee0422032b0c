/** What can go wrong besides refusals: no connection, no server, no session. */
export type FaultCode =
  "OFFLINE" | "UNAVAILABLE" | "UNAUTHENTICATED" | "RATE_LIMITED" | "OUTDATED" | "MISTAKEN" | "OTHER";

export class Fault extends Error {
  constructor(
    readonly code: FaultCode,
    private readonly retryAfterSeconds = 5,
  ) {
    super(code);
  }

  /** How long the server wants us to wait, in milliseconds. */
  get pause(): number {
    return this.code === "RATE_LIMITED" ? this.retryAfterSeconds * 1000 : 0;
  }

  /** Whether a retry may succeed. */
  get isPassing(): boolean {
    return this.code === "OFFLINE" || this.code === "UNAVAILABLE" || this.code === "RATE_LIMITED";
  }
}

export interface ErrorAnswer {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly retryAfterSeconds?: number };
}

const CODES: Readonly<Record<string, FaultCode>> = {
  UNAUTHENTICATED: "UNAUTHENTICATED",
  PASSWORD_CHANGE_REQUIRED: "UNAUTHENTICATED", // another tab has logged in with a one-time password
  RATE_LIMITED: "RATE_LIMITED",
  PERSISTED_QUERY_NOT_FOUND: "OUTDATED",
  BAD_USER_INPUT: "MISTAKEN", // such as an id cut off in the page's address
  INTERNAL_SERVER_ERROR: "UNAVAILABLE",
};

export function faultOf(error: ErrorAnswer): Fault {
  const { code = "", retryAfterSeconds } = error.extensions ?? {};
  return new Fault(CODES[code] ?? "OTHER", retryAfterSeconds);
}
