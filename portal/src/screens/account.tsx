import { useLocation } from "preact-iso";
import { useAction } from "../parts/action";
import { Icon, type IconName } from "../parts/icon";
import { Screen } from "../parts/screen";
import { Outcome } from "../parts/states";
import { logOut, me } from "../state/session";
import { paths } from "../state/paths";
import { account } from "../words/account";
import { common } from "../words/common";

export type PartName = keyof (typeof account)["value"]["parts"];

const PARTS: readonly (readonly [PartName, IconName])[] = [
  ["kontakt", "mail"],
  ["przypomnienia", "bell"],
  ["jezyk", "globe"],
  ["haslo", "lock"],
  ["dostep", "shield"],
  ["dane", "download"],
];

export function AccountHome() {
  const { route } = useLocation();
  const leave = useAction(async () => {
    await logOut();
    route(paths.home);
  });
  const words = account.value;
  const { email = "", patient, pendingEmail } = me.value ?? {};
  return (
    <Screen title={words.title}>
      <div class="card">
        <p class="strong">
          {patient?.firstName} {patient?.lastName}
        </p>
        <p class="quiet">
          {words.pesel}: {patient?.peselMasked}
          <br />
          {words.signedInAs(email)}
        </p>
        {pendingEmail && <p>{words.pending(pendingEmail)}</p>}
      </div>
      <ul class="links">
        {PARTS.map(([name, icon]) => (
          <PartLink key={name} name={name} icon={icon} />
        ))}
      </ul>
      <p class="actions">
        <button class="button secondary" type="button" aria-disabled={leave.isBusy} onClick={leave.run}>
          <Icon name="exit" />
          {common.value.logOut}
        </button>
      </p>
      <Outcome action={leave} />
      <ul class="links danger">
        <PartLink name="zamknij" icon="x" />
      </ul>
    </Screen>
  );
}

function PartLink({ name, icon }: { name: PartName; icon: IconName }) {
  const { title, about } = account.value.parts[name];
  return (
    <li>
      <a href={paths.part(name)}>
        <Icon name={icon} />
        <span>
          {title}
          <small>{about}</small>
        </span>
        <Icon name="right" />
      </a>
    </li>
  );
}
