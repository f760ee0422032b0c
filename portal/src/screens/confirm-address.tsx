import { useState } from "preact/hooks";
import { ask } from "../api/ask";
import { ConfirmEmail } from "../generated/operations";
import { FormView, refuse, useForm } from "../parts/form";
import { Screen } from "../parts/screen";
import { Box, PhoneLink } from "../parts/states";
import { refreshMe } from "../state/session";
import { paths } from "../state/paths";
import { account } from "../words/account";
import { tokenOfLink } from "./visit-link";

/** A button confirms the address, because mail scanners open links. */
export function ConfirmAddress() {
  const [token] = useState(tokenOfLink);
  const [isDone, setDone] = useState(false);
  const form = useForm("confirm-address");
  const words = account.value;
  const confirm = async () => {
    const { confirmEmail: answer } = await ask(ConfirmEmail, { input: { token } });
    if (answer.__typename !== "Accepted")
      return refuse(form, { title: () => account.value.addressTitle, text: () => account.value.linkBad });
    setDone(true);
    refreshMe().catch(() => {}); // strangers have nothing to refresh
  };
  return (
    <Screen title={words.addressTitle} lead={isDone ? undefined : words.addressLead}>
      {isDone && (
        <Box icon="check" kind="good">
          <p>{words.addressDone}</p>
        </Box>
      )}
      {!isDone && token && <FormView form={form} submit={words.addressConfirm} onSubmit={confirm} />}
      {!isDone && !token && (
        <Box icon="alert" kind="warn">
          <p>
            {words.linkBad} <PhoneLink />
          </p>
        </Box>
      )}
      {isDone && (
        <p class="actions">
          <a class="button" href={paths.account}>
            {words.title}
          </a>
        </p>
      )}
    </Screen>
  );
}
