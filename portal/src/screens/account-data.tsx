import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { ask } from "../api/ask";
import { unknownRefusal } from "../api/unknown-refusal";
import { CloseAccount as CloseOperation, ExportMyData } from "../generated/operations";
import { useAction } from "../parts/action";
import { PasswordField } from "../parts/fields";
import { FormView, refuse, refuseWith, secret, useForm } from "../parts/form";
import { Icon } from "../parts/icon";
import { useModal } from "../parts/modal";
import { Outcome } from "../parts/states";
import { say } from "../state/notice";
import { signedOut } from "../state/session";
import { paths } from "../state/paths";
import { account } from "../words/account";

function save(text: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export function Download() {
  const words = account.value;
  const action = useAction(async () => {
    const { exportMyData } = await ask(ExportMyData);
    save(exportMyData, account.value.fileName);
    say(() => account.value.downloaded);
  });
  return (
    <>
      <p>{words.downloadLead}</p>
      <Outcome action={action} />
      <p class="actions">
        <button class="button" type="button" aria-disabled={action.isBusy} onClick={action.run}>
          <Icon name="download" />
          {words.download}
        </button>
      </p>
    </>
  );
}

export function CloseAccount() {
  const [isAsking, setAsking] = useState(false);
  const words = account.value;
  return (
    <>
      <p>{words.closeLead}</p>
      <ul>
        {words.closeList.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p class="actions">
        <button class="button danger" type="button" onClick={() => setAsking(true)}>
          {words.close}
        </button>
        <a class="button secondary" href={paths.account}>
          {words.keep}
        </a>
      </p>
      {isAsking && <CloseDialog onClose={() => setAsking(false)} />}
    </>
  );
}

function CloseDialog({ onClose }: { onClose: () => void }) {
  const dialog = useModal();
  const { route } = useLocation();
  const form = useForm("close");
  const words = account.value;
  const close = async () => {
    const { closeAccount: answer } = await ask(CloseOperation, {
      input: { currentPassword: secret(form, "password") },
    });
    switch (answer.__typename) {
      case "Accepted":
        signedOut();
        say(() => account.value.closed);
        return route(paths.home);
      case "WrongCredentials":
        return refuse(form, null, { password: () => account.value.wrongPassword });
      default:
        return refuseWith(form, () => account.value.close, unknownRefusal(answer));
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby="close-title" onClose={onClose}>
      <h2 id="close-title">{words.closeAsk}</h2>
      <p>{words.closeAskWhy}</p>
      <FormView
        form={form}
        required={["password"]}
        submit={words.close}
        isDanger
        isSafe={false}
        onSubmit={close}
        beside={
          <button class="button secondary" type="button" onClick={() => dialog.current?.close()}>
            {words.keep}
          </button>
        }
      >
        <PasswordField form={form} name="password" label={words.password} autocomplete="current-password" />
      </FormView>
    </dialog>
  );
}
