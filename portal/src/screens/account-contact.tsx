import { useLocation } from "preact-iso";
import { ask } from "../api/ask";
import { unknownRefusal } from "../api/unknown-refusal";
import { UpdateContact, type UpdateContactInput } from "../generated/operations";
import { CheckField, Choices, EmailField, PasswordField, PhoneField } from "../parts/fields";
import { done, type Form, FormView, isChecked, refuse, refuseWith, secret, text, useForm } from "../parts/form";
import { Box } from "../parts/states";
import { say } from "../state/notice";
import { me, refreshMe } from "../state/session";
import { paths } from "../state/paths";
import { account } from "../words/account";
import { flawsOf } from "./sign-up";

type Changes = Omit<UpdateContactInput, "currentPassword">;

async function update(form: Form, changes: Changes, onDone: () => void): Promise<void> {
  const input = { ...changes, currentPassword: secret(form, "password") };
  const { updateContact: answer } = await ask(UpdateContact, { input });
  switch (answer.__typename) {
    case "Patient":
      done(form);
      await refreshMe();
      say(() => (me.value?.pendingEmail ? account.value.savedPending : account.value.saved));
      return onDone();
    case "InvalidInput":
      return refuse(form, null, flawsOf(answer.fields));
    case "WrongCredentials":
      return refuse(form, null, { password: () => account.value.wrongPassword });
    default:
      return refuseWith(form, () => account.value.title, unknownRefusal(answer));
  }
}

/** Changes of contact data need the password. */
function Confirmation({ form }: { form: Form }) {
  const words = account.value;
  return <PasswordField form={form} name="password" label={words.password} autocomplete="current-password" />;
}

export function Contact() {
  const { route } = useLocation();
  const { email = "", pendingEmail, patient } = me.value ?? {};
  const known = readable(patient?.phone ?? "");
  const form = useForm("contact", { email, phone: known });
  const words = account.value;
  const save = () => {
    const changed = text(form, "email").trim();
    const phone = text(form, "phone").trim();
    const changes = {
      ...(changed !== email && { email: changed }),
      ...(phone !== known && { phone }),
    };
    return update(form, changes, () => route(paths.account));
  };
  return (
    <>
      {pendingEmail && (
        <Box icon="mail" kind="info">
          <p>{words.pending(pendingEmail)}</p>
        </Box>
      )}
      <FormView form={form} required={["email", "password"]} submit={words.save} onSubmit={save}>
        <EmailField form={form} name="email" label={words.email} hint={words.emailHint} />
        <PhoneField form={form} name="phone" label={words.phone} hint={words.phoneHint} isOptional />
        <Confirmation form={form} />
      </FormView>
    </>
  );
}

/** +48 501 234 567 */
const readable = (phone: string): string =>
  phone.replace(/^(\+48)(\d{3})(\d{3})(\d{3})$/, "$1\u00a0$2\u00a0$3\u00a0$4");

export function Reminders() {
  const { route } = useLocation();
  const { phone, smsReminders = false } = me.value?.patient ?? {};
  const form = useForm("reminders", { smsReminders });
  const words = account.value;
  if (!phone)
    return (
      <Box icon="phone" kind="info">
        <p>
          {words.smsNeedsPhone} <a href={paths.part("kontakt")}>{words.addPhone}</a>
        </p>
      </Box>
    );
  const save = () => update(form, { smsReminders: isChecked(form, "smsReminders") }, () => route(paths.account));
  return (
    <FormView form={form} required={["password"]} submit={words.save} onSubmit={save}>
      <p>{words.smsTo(readable(phone))}</p>
      <CheckField form={form} name="smsReminders" label={words.sms} />
      <Confirmation form={form} />
    </FormView>
  );
}

export function LettersLanguage() {
  const { route } = useLocation();
  const form = useForm("language", { language: me.value?.language ?? "PL" });
  const words = account.value;
  const chosen = text(form, "language") === "EN" ? ("EN" as const) : ("PL" as const);
  const choices = (["PL", "EN"] as const).map((value) => ({ value, label: words.languages[value] }));
  const save = () => update(form, { language: chosen }, () => route(paths.account));
  return (
    <FormView form={form} required={["password"]} submit={words.save} onSubmit={save}>
      <Choices
        name="language"
        legend={words.languageWhich}
        isTitled
        choices={choices}
        chosen={chosen}
        onChoose={(language) => {
          form.values.value = { language };
        }}
      />
      <p class="quiet">{words.languagePage}</p>
      <Confirmation form={form} />
    </FormView>
  );
}
