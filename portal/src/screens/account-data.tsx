import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { ask } from "../api/ask";
import { unforeseen } from "../api/unforeseen";
import { CloseAccount as CloseOperation, ExportMyData } from "../generated/operations";
import { useDeed } from "../parts/deed";
import { PasswordField } from "../parts/fields";
import { FormView, refuse, refuseWith, secret, useForm } from "../parts/form";
import { Icon } from "../parts/icon";
import { useModal } from "../parts/modal";
import { Outcome } from "../parts/states";
import { say } from "../state/notice";
import { signedOut } from "../state/session";
import { ways } from "../state/ways";
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
  const deed = useDeed(async () => {
    const { exportMyData } = await ask(ExportMyData);
    save(exportMyData, account.value.fileName);
    say(() => account.value.downloaded);
  });
  return (
    <>
      <p>{words.downloadLead}</p>
      <Outcome deed={deed} />
      <p class="actions">
        <button class="button" type="button" aria-disabled={deed.isBusy} onClick={deed.run}>
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
        <a class="button secondary" href={ways.account}>
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
        return route(ways.home);
      case "WrongCredentials":
        return refuse(form, null, { password: () => account.value.wrongPassword });
      default:
        return refuseWith(form, () => account.value.close, unforeseen(answer));
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
