// What colleagues and patients do appears by itself: whatever shows patients asks again when something of theirs changes.
import { useEffect, useRef } from "react";
import { follow } from "./api";
import { PatientChangesDocument } from "./generated";
import { whenPresent } from "./presence";

const QUIET = 250; // several changes at once are one question
const LONGEST = 1000; // and a stream of them does not put the question off

/** Called soon after, once for several calls, while somebody is at the desk. */
export function soon(task: () => void): { call: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let since = 0;
  const run = () => ((since = 0), whenPresent(task));
  return {
    call: () => {
      clearTimeout(timer);
      since ||= Date.now();
      timer = setTimeout(run, Math.max(0, Math.min(QUIET, since + LONGEST - Date.now())));
    },
    cancel: () => clearTimeout(timer),
  };
}

/** `patients`: who is shown; null: anybody may come to be. */
export function usePatientChanges(patients: string[] | null, again: () => void): void {
  const shown = useRef(patients);
  shown.current = patients;
  useEffect(() => {
    const question = soon(again);
    const end = follow(PatientChangesDocument, {}, (what) => {
      const id = what?.patientChanges.patientId;
      if (!id || !shown.current || shown.current.includes(id)) question.call();
    });
    return () => (question.cancel(), end());
  }, [again]);
}
