// The sheet that is shown: all slots of a day or week, kept up to date by what the server sends.
import { useEffect, useMemo, useState } from "react";
import { ask, follow } from "../../api";
import {
  ClinicsDocument,
  DaySheetDocument,
  DoctorsDocument,
  SlotChangesDocument,
  type SlotsFilter,
} from "../../generated";
import { soon, usePatientChanges } from "../../live";
import { addDays, mondayOf, shortDay } from "../../time";
import { useAnswer } from "../../useAnswer";
import { useWorkspace, type Workspace } from "../../workspace";
import { byDay, byDoctor, type Cell, type Column } from "./layout";

const MINUTE = 60_000;

interface Page<T> {
  nodes: T[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

/** Loads a whole list, page by page. */
async function everyPage<T>(read: (after: string | null) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for (let after: string | null = null; ;) {
    const page: Page<T> = await read(after);
    all.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return all;
    after = page.pageInfo.endCursor ?? null;
  }
}

const everySlot = (filter: SlotsFilter): Promise<Cell[]> =>
  everyPage(async (after) => (await ask(DaySheetDocument, { filter, after })).slots);

export function filterOf(workspace: Pick<Workspace, "day" | "view" | "clinics" | "doctor">): SlotsFilter | null {
  if (workspace.view === "day")
    return { day: workspace.day, ...(workspace.clinics.length ? { clinicIds: workspace.clinics } : {}) };
  if (!workspace.doctor) return null;
  const monday = mondayOf(workspace.day);
  return { from: `${monday}T00:00`, until: `${addDays(monday, 7)}T00:00`, doctorIds: [workspace.doctor] };
}

/** The clinics in which this colleague works: all, unless an administrator has limited them. */
async function clinicsOfMine() {
  const { me, clinics } = await ask(ClinicsDocument, { after: null });
  if (me?.clinics) return { clinics: me.clinics, areLimited: true };
  const all = await everyPage(async (after) => (after ? (await ask(ClinicsDocument, { after })).clinics : clinics));
  return { clinics: all, areLimited: false };
}

const NONE = { clinics: [], areLimited: false };

export function useClinics() {
  return useAnswer(clinicsOfMine).data ?? NONE;
}

export function useDoctors() {
  const answer = useAnswer(() => everyPage(async (after) => (await ask(DoctorsDocument, { after })).doctors));
  return answer.data ?? [];
}

export interface Sheet {
  cells: Cell[];
  columns: Column[];
  error: string;
  isLoading: boolean;
  again: () => void;
}

export function useSheet(): Sheet {
  const [day, view, clinics, doctor] = [
    useWorkspace((state) => state.day),
    useWorkspace((state) => state.view),
    useWorkspace((state) => state.clinics),
    useWorkspace((state) => state.doctor),
  ];
  const filter = filterOf({ day, view, clinics, doctor });
  const asked = JSON.stringify(filter);
  const question = async () => ({ asked, cells: await everySlot(filter!) });
  const answer = useAnswer(filter ? question : null, asked);
  const isOfThis = answer.data?.asked === asked;
  const cells = useMemo(() => (isOfThis ? answer.data!.cells : []), [answer.data, isOfThis]);
  const columns = useMemo(() => (view === "day" ? byDoctor(cells) : byDay(cells, shortDay)), [cells, view]);
  const patients = useMemo(() => cells.flatMap((cell) => (cell.visit ? [cell.visit.patient.id] : [])), [cells]);
  usePatientChanges(patients, answer.again);
  useSlotChanges(answer.again);
  useEachMinute();
  return { cells, columns, error: answer.error, isLoading: answer.isLoading, again: answer.again };
}

/** Renders again each minute, because slots become past without any change on the server. */
function useEachMinute() {
  const [, turn] = useState(0);
  useEffect(() => {
    const clock = setInterval(() => turn((before) => before + 1), MINUTE);
    return () => clearInterval(clock);
  }, []);
}

function useSlotChanges(again: () => void) {
  const { clinics } = useClinics();
  const wanted = useWorkspace((state) => state.clinics);
  const ids = clinics.map((clinic) => clinic.id).filter((id) => wanted.length === 0 || wanted.includes(id));
  useEffect(() => {
    const question = soon(again);
    const ends = ids.map((clinic) => follow(SlotChangesDocument, { clinic }, question.call));
    return () => {
      question.cancel();
      for (const end of ends) end();
    };
  }, [ids.join(), again]);
}
