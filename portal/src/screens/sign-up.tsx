import { useLocation } from "preact-iso";
import { ask } from "../api/ask";
import { unknownRefusal } from "../api/unknown-refusal";
import { SignUp, type SignUpMutation } from "../generated/operations";
import { CheckField, EmailField, PhoneField, TextField } from "../parts/fields";
import { FormView, isChecked, refuse, refuseWith, spoken, text, useForm, type Form } from "../parts/form";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/screen";
import { PhoneLink } from "../parts/states";
import { whenOf } from "../state/hours";
import { language } from "../state/language";
import type { Words } from "../state/notice";
import { paths, destination, withDestination } from "../state/paths";
import { signing } from "../words/signing";
import { common } from "../words/common";
import { proposeLogin } from "./log-in";

export const APPLICANT = { firstName: "", lastName: "", pesel: "", email: "", phone: "", smsReminders: false };

type Answer = SignUpMutation["signUp"];
type FieldProblem = Extract<Answer, { __typename: "InvalidInput" }>["fields"][number];

/** The text for a problem: the portal's own (with examples, in the current language), or else the server's message. */
export function flawOf({ path, code, message }: FieldProblem): Words {
  const [name] = path;
  switch (code) {
    case "PESEL_CHECKSUM":
      return () => signing.value.pesels.checksum;
    case "PESEL_BIRTH_DATE":
      return () => signing.value.pesels.birthDate;
    case "EMAIL_MALFORMED":
      return () => signing.value.badEmail;
    case "PHONE_NOT_MOBILE":
      return () => signing.value.badMobile;
    case "TOO_LONG":
      return () => signing.value.tooLong;
    case "REQUIRED":
      return () => (name === "phone" ? signing.value.needsMobile : common.value.required);
    case "MALFORMED":
      return name?.endsWith("Name") ? () => signing.value.badName : spoken(message);
    default:
      return spoken(message);
  }
}

export const flawsOf = (fields: readonly FieldProblem[]): Record<string, Words> =>
  Object.fromEntries(fields.map((field) => [field.path[0] ?? "", flawOf(field)]));

async function signUp(form: Form, onDone: () => void): Promise<void> {
  const input = {
    email: text(form, "email"),
    pesel: text(form, "pesel"),
    firstName: text(form, "firstName"),
    lastName: text(form, "lastName"),
    phone: text(form, "phone").trim() || null,
    smsReminders: isChecked(form, "smsReminders"),
    language: language.value === "pl" ? ("PL" as const) : ("EN" as const),
  };
  const { signUp: answer } = await ask(SignUp, { input });
  switch (answer.__typename) {
    case "Accepted":
      proposeLogin(input.email.trim());
      form.values.value = { ...form.values.value, pesel: "" }; // the rest stays, in case the e-mail address needs correcting
      return onDone();
    case "InvalidInput":
      return refuse(form, null, flawsOf(answer.fields));
    case "OutsideServiceHours": {
      const words = () => common.value.closedAct(whenOf(answer.opensAt));
      return refuse(form, { title: () => signing.value.signUp, text: words });
    }
    default:
      return refuseWith(form, () => signing.value.signUp, unknownRefusal(answer));
  }
}

export function SignUpScreen() {
  const form = useForm("sign-up", APPLICANT);
  const { query, route } = useLocation();
  const next = destination(query["dalej"]);
  const words = signing.value;
  return (
    <Screen title={words.signUp} lead={words.signUpLead}>
      <WhoCan />
      <FormView
        form={form}
        required={["firstName", "lastName", "pesel", "email"]}
        submit={words.send}
        onSubmit={() => signUp(form, () => route(withDestination(paths.mailbox, next)))}
      >
        <TextField form={form} name="firstName" label={words.firstName} autocomplete="given-name" />
        <TextField form={form} name="lastName" label={words.lastName} autocomplete="family-name" />
        <TextField
          form={form}
          name="pesel"
          label={words.pesel}
          hint={words.peselHint}
          inputMode="numeric"
          width="medium"
        />
        <EmailField form={form} name="email" label={words.email} hint={words.emailHint} />
        <PhoneField
          form={form}
          name="phone"
          label={words.phone}
          hint={words.phoneHint}
          isOptional={!isChecked(form, "smsReminders")}
        />
        <CheckField form={form} name="smsReminders" label={words.smsReminders} />
      </FormView>
      <p class="aside">
        {words.haveAccount} <a href={withDestination(paths.logIn, next)}>{words.logIn}</a>
      </p>
    </Screen>
  );
}

function WhoCan() {
  const words = signing.value;
  return (
    <div class="card tinted">
      <h2>{words.whoCan}</h2>
      <ul class="ticks">
        {words.whoCanList.map((line) => (
          <li key={line}>
            <Icon name="check" />
            {line}
          </li>
        ))}
        <li>
          <Icon name="phone" />
          <span>
            {words.withoutPesel} <PhoneLink />
          </span>
        </li>
      </ul>
    </div>
  );
}
