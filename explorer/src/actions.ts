// The desk's actions, one mutation each. A refusal is an ordinary answer, shown where the action was started.
import { useRef, useState } from "react";
import { ask, Failure } from "./api";
import {
  ArrivedDocument,
  FulfilledDocument,
  NoShowDocument,
  UndoDocument,
  type FreeSlotFragment,
  type PersonFragment,
  type SeenDocument,
  type TypedDocumentString,
} from "./generated";
import { changed, say } from "./notice";
import { personName } from "./words/people";
import { withoutFieldNames } from "./words/withoutFieldNames";

export interface Refusal {
  message: string;
  kind?: string;
  fields?: { path: string[]; message: string }[];
  alternatives?: FreeSlotFragment[];
  visit?: { id: string; reference: string; startsAt: string; doctor: { fullName: string }; clinic: { name: string } };
  patient?: PersonFragment;
}

interface Result {
  __typename?: string | undefined;
  message?: string;
}

/** Sends a document with one mutation and returns its result, or the refusal if the result is a Problem. */
export async function attempt<T extends Record<string, unknown>, V>(
  document: TypedDocumentString<T, V>,
  variables: V,
): Promise<{ result: Record<string, unknown>; refusal: null } | { result: null; refusal: Refusal }> {
  try {
    const data = await ask(document, variables);
    const result = Object.values(data)[0] as Result & Record<string, unknown>;
    if (result && typeof result === "object" && "message" in result) {
      const { __typename: kind, ...rest } = result as unknown as Refusal & { __typename?: string };
      return { result: null, refusal: { ...rest, message: withoutFieldNames(rest.message), ...(kind ? { kind } : {}) } };
    }
    changed();
    return { result, refusal: null };
  } catch (error) {
    if (error instanceof Failure) return { result: null, refusal: { message: error.message } };
    throw error;
  }
}

/** A form's action: whether it is running, and its refusal. Its button stays enabled, so that it keeps the focus. */
export function useAction() {
  const [isBusy, setBusy] = useState(false);
  const isUnderWay = useRef(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  async function run<T extends Record<string, unknown>, V>(
    document: TypedDocumentString<T, V>,
    variables: V,
    refused?: (refusal: Refusal) => void,
  ) {
    if (isUnderWay.current) return null;
    isUnderWay.current = true;
    setBusy(true);
    const { result, refusal } = await attempt(document, variables).finally(() => {
      isUnderWay.current = false;
      setBusy(false);
    });
    setRefusal(refusal);
    if (refusal) refused?.(refusal);
    return result;
  }
  return { isBusy, refusal, setRefusal, run };
}

export type Mark = "arrived" | "fulfilled" | "noShow" | "undo";

const DOCUMENTS = {
  arrived: ArrivedDocument,
  fulfilled: FulfilledDocument,
  noShow: NoShowDocument,
  undo: UndoDocument,
};
const SAID: Record<Mark, string> = {
  arrived: "Pacjent jest na miejscu",
  fulfilled: "Wizyta się odbyła",
  noShow: "Zapisano, że pacjent nie przyszedł",
  undo: "Cofnięto oznaczenie",
};

type Marked = { id: string; patient: { firstName: string; lastName: string } };

/** `seen`: the identity document that the patient shows on arrival. */
export async function mark(visit: Marked, as: Mark, seen: SeenDocument | null = null): Promise<void> {
  const document = DOCUMENTS[as] as TypedDocumentString<
    Record<string, unknown>,
    { input: { visitId: string; identitySeen?: SeenDocument } }
  >;
  const { refusal } = await attempt(document, {
    input: { visitId: visit.id, ...(seen ? { identitySeen: seen } : {}) },
  });
  if (refusal) say(refusal.message, true);
  else say(`${SAID[as]}: ${personName(visit.patient)}.`);
}
