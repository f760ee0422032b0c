// Changes by colleagues and patients appear by themselves: views of patients reload when data of these patients change.
import { useEffect, useRef } from "react";
import { follow } from "./api";
import { PatientChangesDocument } from "./generated";
import { whenPresent } from "./presence";

const QUIET = 250; // milliseconds: changes in quick succession cause a single query
const LONGEST = 1000; // milliseconds: a steady stream of changes delays the query no longer than this

/** Delays and merges calls: the task runs once for several calls, and only while somebody is at the desk. */
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

/** `patients`: the patients shown; null: any patient may turn up in the answer. */
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
