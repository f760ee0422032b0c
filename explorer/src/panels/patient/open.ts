import { choose } from "../../recentIds";
import { change } from "../../workspace";

/** Opens the patient's card; the patient's access log will show that it was opened. */
export function openPatient(id: string): void {
  choose(id);
  change({ panel: "patient", patient: id });
}
