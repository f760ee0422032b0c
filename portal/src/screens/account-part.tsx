import { useLocation, useRoute } from "preact-iso";
import type { ComponentChildren } from "preact";
import { Screen } from "../parts/screen";
import { paths } from "../state/paths";
import { account } from "../words/account";
import { type PartName } from "./account";
import { AccessLog } from "./account-access";
import { CloseAccount, Download } from "./account-data";
import { Contact, LettersLanguage, Reminders } from "./account-contact";
import { NotFound } from "./not-found";
import { PasswordForm } from "./passwords";

const isPart = (name: string): name is PartName => name in account.value.parts;

export function AccountPart() {
  const name = useRoute().params["part"] ?? "";
  const { route } = useLocation();
  if (!isPart(name)) return <NotFound />;
  const content: Record<PartName, () => ComponentChildren> = {
    kontakt: () => <Contact />,
    przypomnienia: () => <Reminders />,
    jezyk: () => <LettersLanguage />,
    haslo: () => <PasswordForm onDone={() => route(paths.account)} />,
    dostep: () => <AccessLog />,
    dane: () => <Download />,
    zamknij: () => <CloseAccount />,
  };
  return (
    <Screen
      key={name}
      title={account.value.parts[name].title}
      back={{ href: paths.account, label: account.value.allParts }}
    >
      {content[name]()}
    </Screen>
  );
}
