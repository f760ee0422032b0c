import { choose } from "../../chosen";
import { change } from "../../workspace";

/** The patient's card; they will see in their access log that it was opened. */
export function openPatient(id: string): void {
  choose(id);
  change({ panel: "patient", patient: id });
}
