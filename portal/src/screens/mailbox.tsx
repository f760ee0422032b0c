import { useLocation } from "preact-iso";
import { useForm } from "../parts/form";
import { text } from "../parts/form";
import { Screen } from "../parts/screen";
import { Box } from "../parts/states";
import { paths, destination, withDestination } from "../state/paths";
import { signing } from "../words/signing";
import { MailNothing } from "./passwords";
import { APPLICANT } from "./sign-up";

/** The page that follows a sign-up. It takes the e-mail address from memory, not from its URL. */
export function Mailbox() {
  const typed = useForm("sign-up", APPLICANT);
  const { query } = useLocation();
  const next = destination(query["dalej"]);
  const email = text(typed, "email").trim();
  const words = signing.value;
  return (
    <Screen title={words.mailTitle}>
      <Box icon="mail" kind="good">
        <p>{email ? words.mailLead(email) : words.mailLeadUnknown}</p>
      </Box>
      <p>{words.nowDo}</p>
      <ol class="steps">
        {words.mailSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p class="actions">
        <a class="button" href={withDestination(paths.logIn, next)}>
          {words.toLogIn}
        </a>
      </p>
      <MailNothing email={email} correct={withDestination(paths.signUp, next)} />
    </Screen>
  );
}
