import { useLocation } from "preact-iso";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ask } from "../api/ask";
import { unknownRefusal } from "../api/unknown-refusal";
import { JoinWaitingList } from "../generated/operations";
import { flawsOf } from "../screens/sign-up";
import { type Choice, hoursOf, namesOf, weekdaysIn } from "../state/choice";
import { whenOf } from "../state/hours";
import { say } from "../state/notice";
import { hasEnded, standing } from "../state/session";
import { addDays, today } from "../state/time";
import { paths, withDestination } from "../state/paths";
import { signing } from "../words/signing";
import { booking } from "../words/booking";
import { common } from "../words/common";
import { WeekdayChoice } from "./calendar-choices";
import { TextField } from "./fields";
import { done, type Form, FormView, isChecked, refuse, refuseWith, text, useForm } from "./form";
import { Icon } from "./icon";
import { Box } from "./states";

interface WaitingFormProps {
  readonly clinic: string;
  readonly choice: Choice;
  readonly isOpen: boolean;
}

async function join(form: Form, clinicId: string, doctorId: string | null, onDone: () => void): Promise<void> {
  const input = {
    clinicId,
    doctorId,
    from: text(form, "from"),
    until: text(form, "until"),
    weekdays: namesOf(weekdaysIn(text(form, "weekdays"))),
    earliest: text(form, "earliest") || null,
    latest: text(form, "latest") || null,
  };
  const { joinWaitingList: answer } = await ask(JoinWaitingList, { input });
  const title = () => booking.value.wait;
  switch (answer.__typename) {
    case "WaitingListEntry":
      done(form);
      say(() => booking.value.waitDone);
      return onDone();
    case "InvalidInput": {
      const dates = () => booking.value.waitDates;
      const isDates = answer.fields.some(({ path }) => path[0] === "from" || path[0] === "until");
      return refuse(form, null, { ...flawsOf(answer.fields), ...(isDates && { until: dates }) });
    }
    case "TooManyVisits":
      return refuse(form, { title, text: () => booking.value.waitTooMany(answer.limit) });
    case "OutsideServiceHours":
      return refuse(form, { title, text: () => common.value.closedAct(whenOf(answer.opensAt)) });
    case "ClinicClosed":
    case "DoctorRetired":
      return refuseWith(form, title, answer.message);
    default:
      return refuseWith(form, title, unknownRefusal(answer));
  }
}

/** The form's weekdays and hours are those of the calendar, until the patient chooses others here. */
function useWish(clinic: string, choice: Choice): Form {
  const { earliest, latest } = hoursOf(choice);
  const weekdays = choice.weekdays.join("");
  const narrowed = { weekdays, earliest: earliest ?? "", latest: latest ?? "" };
  const days = useMemo(() => ({ from: addDays(today(), 1), until: addDays(today(), 30) }), []);
  const form = useForm(`waiting-${clinic}`, { ...days, ...narrowed, isOpen: false });
  const isChanged = useRef(false);
  useEffect(() => {
    if (isChanged.current) form.values.value = { ...form.values.value, ...narrowed };
    isChanged.current = true;
  }, [weekdays, earliest, latest]);
  return form;
}

/** The form to join the waiting list; it is open if nothing is free. */
export function WaitingForm({ clinic, choice, isOpen }: WaitingFormProps) {
  const { url, route } = useLocation();
  const form = useWish(clinic, choice);
  const words = booking.value;
  const isPatient = standing.value === "patient";
  const keepOpen = ({ currentTarget }: { currentTarget: HTMLDetailsElement }) => {
    form.values.value = { ...form.values.value, isOpen: currentTarget.open };
  };
  return (
    <details class="card waiting-form" open={isOpen || isChecked(form, "isOpen")} onToggle={keepOpen}>
      <summary>
        <Icon name="bell" />
        {words.wait}
      </summary>
      <p>{words.waitWhy}</p>
      {isPatient ? (
        <FormView
          form={form}
          required={["from", "until"]}
          submit={words.waitSend}
          onSubmit={() => join(form, clinic, choice.doctor, () => route(paths.visits))}
        >
          <div class="pair">
            <TextField form={form} name="from" label={words.waitFrom} type="date" />
            <TextField form={form} name="until" label={words.waitUntil} type="date" />
          </div>
          <WeekdayChoice
            chosen={weekdaysIn(text(form, "weekdays"))}
            onChoose={(weekdays) => (form.values.value = { ...form.values.value, weekdays: weekdays.join("") })}
            isOptional
          />
          <div class="pair">
            <TextField form={form} name="earliest" label={words.waitEarliest} type="time" isOptional />
            <TextField form={form} name="latest" label={words.waitLatest} type="time" isOptional />
          </div>
        </FormView>
      ) : (
        <>
          {hasEnded.value && (
            <div role="alert">
              <Box icon="lock" kind="warn" title={common.value.sessionEnded}>
                <p>{common.value.sessionEndedWhy}</p>
              </Box>
            </div>
          )}
          <p>
            <a class="button secondary" href={withDestination(paths.logIn, url)}>
              {signing.value.logIn}
            </a>
          </p>
        </>
      )}
    </details>
  );
}
