import { useLocation } from "preact-iso";
import { useEffect } from "preact/hooks";
import { ask } from "../api/ask";
import { unknownRefusal } from "../api/unknown-refusal";
import { ChangePassword, RequestNewPassword } from "../generated/operations";
import { EmailField, PasswordField } from "../parts/fields";
import { FormView, refuse, refuseWith, secret, spoken, text, useForm, type Form } from "../parts/form";
import { Icon } from "../parts/icon";
import { Screen } from "../parts/screen";
import { Box } from "../parts/states";
import { say } from "../state/notice";
import { centre, me, refreshMe, signIn, standing } from "../state/session";
import { paths, destination, withDestination } from "../state/paths";
import { signing } from "../words/signing";
import { LogIn, proposeLogin } from "./log-in";

async function setPassword(form: Form, isFirst: boolean, onDone: () => void): Promise<void> {
  const current = isFirst ? null : secret(form, "current");
  const input = { currentPassword: current, newPassword: secret(form, "fresh") };
  const { changePassword: answer } = await ask(ChangePassword, { input });
  switch (answer.__typename) {
    case "Session":
      form.secrets.value = {};
      say(() => signing.value.saved);
      signIn(answer.account);
      return onDone();
    case "WeakPassword":
      return refuse(form, null, { fresh: spoken(answer.reasons.join(" ") || answer.message) });
    case "WrongCredentials":
      if (isFirst) return refreshMe(); // the session has ended: the log-in replaces this form
      return refuse(form, null, { current: () => signing.value.wrongCurrent });
    default:
      return refuseWith(form, () => signing.value.changeTitle, unknownRefusal(answer));
  }
}

function PasswordRules() {
  const words = signing.value;
  return (
    <div class="card tinted">
      <h2>{words.rulesTitle}</h2>
      <ul class="ticks">
        {words.rules(centre.value?.passwordMinLength ?? 15).map((rule) => (
          <li key={rule}>
            <Icon name="check" />
            {rule}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface PasswordFormProps {
  /** Whether the new password replaces the one-time password of this log-in: the form need not ask for it again. */
  readonly isFirst?: boolean;
  readonly onDone?: () => void;
}

/** A hidden field that tells password managers the login. */
function Whose() {
  return (
    <span class="unseen" aria-hidden="true">
      <input type="text" autoComplete="username" value={me.value?.email ?? ""} readOnly tabIndex={-1} />
    </span>
  );
}

export function PasswordForm({ isFirst = false, onDone = () => {} }: PasswordFormProps) {
  const form = useForm("password");
  const words = signing.value;
  return (
    <FormView
      form={form}
      required={isFirst ? ["fresh"] : ["current", "fresh"]}
      submit={words.save}
      isSafe={false}
      onSubmit={() => setPassword(form, isFirst, onDone)}
    >
      <Whose />
      {!isFirst && <p>{words.changeLead}</p>}
      {!isFirst && <PasswordField form={form} name="current" label={words.current} autocomplete="current-password" />}
      <PasswordRules />
      <PasswordField form={form} name="fresh" label={words.fresh} autocomplete="new-password" />
    </FormView>
  );
}

/** After a log-in with a one-time password, this is shown in place of every private screen. */
export function OwnPassword() {
  const words = signing.value;
  return (
    <Screen title={words.ownTitle} lead={words.ownLead}>
      <PasswordForm isFirst />
    </Screen>
  );
}

export function OwnPasswordScreen() {
  const { query, route } = useLocation();
  const who = standing.value;
  const isSettled = who === "patient" || who === "staff";
  const next = destination(query["dalej"]) ?? paths.booking;
  useEffect(() => {
    if (isSettled) route(next, true);
  }, [isSettled]);
  if (who === "stranger") return <LogIn isBetween />;
  return isSettled ? null : <OwnPassword />;
}

const FORGETFUL = { email: "" };

export function Forgotten() {
  const form = useForm("forgotten", FORGETFUL);
  const { query, route } = useLocation();
  const next = destination(query["dalej"]);
  const words = signing.value;
  const send = async () => {
    const email = text(form, "email").trim();
    await ask(RequestNewPassword, { input: { email } });
    proposeLogin(email);
    route(withDestination(paths.forgottenMailbox, next));
  };
  return (
    <Screen title={words.forgottenTitle} lead={words.forgottenLead}>
      <FormView form={form} required={["email"]} submit={words.forgottenSend} onSubmit={send}>
        <EmailField form={form} name="email" label={words.email} />
      </FormView>
      <p class="aside">
        <a href={withDestination(paths.logIn, next)}>{words.toLogIn}</a>
      </p>
    </Screen>
  );
}

/** The page that follows a request for a new password. It takes the e-mail address from memory, not from its URL. */
export function ForgottenMailbox() {
  const { query } = useLocation();
  const next = destination(query["dalej"]);
  const email = text(useForm("forgotten", FORGETFUL), "email").trim();
  const words = signing.value;
  return (
    <Screen title={words.mailTitle}>
      <Box icon="mail" kind="good">
        <p>{email ? words.forgottenDone(email) : words.forgottenDoneUnknown}</p>
      </Box>
      <p>{words.nowDo}</p>
      <ol class="steps">
        {words.forgottenSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p class="actions">
        <a class="button" href={withDestination(paths.logIn, next)}>
          {words.toLogIn}
        </a>
      </p>
      <MailNothing email={email} correct={withDestination(paths.forgotten, next)} />
    </Screen>
  );
}

interface MailNothingProps {
  /** Empty after a reload. */
  readonly email: string;
  /** The URL of the screen on which the patient can correct the address. */
  readonly correct: string;
}

/** Help for patients who receive no letter. */
export function MailNothing({ email, correct }: MailNothingProps) {
  const again = useForm("again", { email: "" });
  const words = signing.value;
  const send = async () => {
    await ask(RequestNewPassword, { input: { email: email || text(again, "email").trim() } });
    say(() => signing.value.sentAgain);
  };
  return (
    <details class="card">
      <summary>{words.mailNothing}</summary>
      <ul>
        {words.mailNothingList.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <FormView form={again} required={email ? [] : ["email"]} submit={words.sendAgain} onSubmit={send}>
        {!email && <EmailField form={again} name="email" label={words.email} />}
      </FormView>
      {email && (
        <p>
          <a href={correct}>{words.wrongAddress}</a>
        </p>
      )}
    </details>
  );
}
