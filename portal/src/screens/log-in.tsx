import { useLocation } from "preact-iso";
import { useEffect } from "preact/hooks";
import { ask } from "../api/ask";
import { unknownRefusal } from "../api/unknown-refusal";
import { LogIn as LogInOperation } from "../generated/operations";
import { EmailField, PasswordField } from "../parts/fields";
import { done, FormView, refuse, refuseWith, secret, text, useForm, type Form } from "../parts/form";
import { Staff } from "../parts/private";
import { Screen } from "../parts/screen";
import { Box } from "../parts/states";
import { draft } from "../state/drafts";
import { hour } from "../state/time";
import { hasEnded, signIn, standing } from "../state/session";
import { paths, destination, withDestination } from "../state/paths";
import { common } from "../words/common";
import { signing } from "../words/signing";

const CALLER = { login: "" };

/** Fills in the address that was typed a moment ago, so that it need not be typed twice. */
export const proposeLogin = (email: string): void => {
  draft("log-in", CALLER).value = { login: email };
};

/** Returns whether the log-in succeeded; else the form shows the refusal. */
async function logIn(form: Form): Promise<boolean> {
  const input = { login: text(form, "login").trim(), password: secret(form, "password"), asCookie: true };
  const { logIn: answer } = await ask(LogInOperation, { input });
  const title = () => signing.value.wrongTitle;
  switch (answer.__typename) {
    case "Session":
      done(form);
      signIn(answer.account);
      return true;
    case "WrongCredentials":
      refuse(form, { title, text: () => signing.value.wrong });
      return false;
    case "TooManyAttempts":
      refuse(form, { title, text: () => signing.value.tooMany(hour(answer.retryAt)) });
      return false;
    case "SecondFactorRequired":
      refuse(form, { title: () => common.value.staffTitle, text: () => common.value.staff });
      return false;
    default:
      refuseWith(form, title, unknownRefusal(answer));
      return false;
  }
}

/** `isBetween`: the form replaces a private screen, which appears after the log-in. */
export function LogIn({ isBetween = false, onDone }: { isBetween?: boolean; onDone?: () => void }) {
  const form = useForm("log-in", CALLER);
  const { url, path, query } = useLocation();
  const next = isBetween && path !== paths.ownPassword ? url : destination(query["dalej"]);
  const words = signing.value;
  return (
    <Screen title={words.logInTitle}>
      {hasEnded.value ? (
        <Box icon="lock" kind="warn" title={common.value.sessionEnded}>
          <p>{common.value.sessionEndedWhy}</p>
        </Box>
      ) : (
        isBetween && <p class="lead">{words.logInFirst}</p>
      )}
      <FormView
        form={form}
        required={["login", "password"]}
        submit={words.logIn}
        isSafe={false}
        onSubmit={async () => {
          if (await logIn(form)) onDone?.();
        }}
        beside={<a href={withDestination(paths.forgotten, next)}>{words.forgotten}</a>}
      >
        <EmailField form={form} name="login" label={words.login} autocomplete="username" />
        <PasswordField
          form={form}
          name="password"
          label={words.password}
          hint={words.passwordHint}
          autocomplete="current-password"
        />
      </FormView>
      <p class="aside">
        {words.noAccount} <a href={withDestination(paths.signUp, next)}>{words.signUp}</a>
      </p>
    </Screen>
  );
}

/** Forwards signed-in patients to their destination. */
export function LogInScreen() {
  const { query, route } = useLocation();
  const next = destination(query["dalej"]);
  const who = standing.value;
  useEffect(() => {
    if (who === "patient") route(next ?? paths.home, true);
    if (who === "halfOpen") route(withDestination(paths.ownPassword, next), true);
  }, [who]);
  if (who === "staff") return <Staff />;
  return who === "stranger" ? <LogIn /> : null;
}
