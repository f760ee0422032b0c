import type { Words } from "../state/notice";
import { common } from "../words/common";
import { Fault } from "./fault";

/** Why something could not be sent, and what to do now. */
export function sendFailure(error: unknown): Words {
  const code = error instanceof Fault ? error.code : "OTHER";
  if (code === "OUTDATED") return () => common.value.outdated;
  if (code === "RATE_LIMITED") return () => common.value.tooBusy;
  return () => common.value.notSent;
}
