// Chooses the day, the clinics, and the view: the day of all doctors or the week of one.
import { useId } from "react";
import { addDays, isDay, longDay, mondayOf, plainDay, today } from "../../time";
import { change, useWorkspace } from "../../workspace";
import { counted } from "../../words/people";
import { ShowQuery } from "../ShowQuery";
import { useDoctors } from "./sheet";

interface Clinic {
  id: string;
  name: string;
}

export const goTo = (day: string) => change({ day });

export function Toolbar({ clinics, isLoading }: { clinics: Clinic[]; isLoading: boolean }) {
  const day = useWorkspace((state) => state.day);
  const view = useWorkspace((state) => state.view);
  const step = view === "day" ? 1 : 7;
  const unit = view === "day" ? "Dzień" : "Tydzień";
  return (
    <div className="toolbar" role="toolbar" aria-label="Terminarz" aria-busy={isLoading}>
      <button type="button" aria-label={`${unit} wcześniej`} onClick={() => goTo(addDays(day, -step))}>
        ‹
      </button>
      <button type="button" onClick={() => goTo(today())}>
        Dzisiaj
      </button>
      <button type="button" aria-label={`${unit} później`} onClick={() => goTo(addDays(day, step))}>
        ›
      </button>
      <input
        type="date"
        aria-label="Dzień"
        value={day}
        onChange={(event) => isDay(event.target.value) && goTo(event.target.value)}
      />
      <h1>{view === "day" ? longDay(day) : `tydzień od ${plainDay(mondayOf(day))}`}</h1>
      <Views view={view} />
      <Clinics clinics={clinics} />
      <button type="button" onClick={() => print()}>
        Drukuj
      </button>
      <ShowQuery of="DaySheet" />
    </div>
  );
}

function Views({ view }: { view: "day" | "week" }) {
  const doctor = useWorkspace((state) => state.doctor);
  const doctors = useDoctors();
  const choose = (id: string) => change(id ? { view: "week", doctor: id } : { view: "day" });
  return (
    <select
      aria-label="Widok"
      value={view === "week" ? (doctor ?? "") : ""}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="">Wszyscy lekarze, dzień</option>
      {doctors.map((one) => (
        <option key={one.id} value={one.id}>
          Tydzień: {one.fullName}
        </option>
      ))}
    </select>
  );
}

function Clinics({ clinics }: { clinics: Clinic[] }) {
  const wanted = useWorkspace((state) => state.clinics);
  const id = useId();
  const toggle = (clinic: string) =>
    change({ clinics: wanted.includes(clinic) ? wanted.filter((one) => one !== clinic) : [...wanted, clinic] });
  const one = clinics.find((clinic) => clinic.id === wanted[0]);
  const text =
    wanted.length === 0
      ? "Wszystkie poradnie"
      : wanted.length === 1 && one
        ? one.name
        : counted(wanted.length, "poradnia", "poradnie", "poradni");
  return (
    <details
      className="menu"
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && (event.currentTarget.open = false)}
    >
      <summary>{text}</summary>
      <div>
        <label>
          <input type="checkbox" checked={wanted.length === 0} onChange={() => change({ clinics: [] })} /> Wszystkie
          poradnie
        </label>
        {clinics.map((clinic) => (
          <label key={clinic.id} htmlFor={id + clinic.id}>
            <input
              type="checkbox"
              id={id + clinic.id}
              checked={wanted.includes(clinic.id)}
              onChange={() => toggle(clinic.id)}
            />{" "}
            {clinic.name}
          </label>
        ))}
      </div>
    </details>
  );
}
