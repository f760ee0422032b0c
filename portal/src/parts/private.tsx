import type { ComponentChildren } from "preact";
import { LogIn } from "../screens/log-in";
import { OwnPassword } from "../screens/passwords";
import { standing } from "../state/session";
import { paths } from "../state/paths";
import { common } from "../words/common";
import { Icon } from "./icon";
import { Screen } from "./screen";

/** Shows its content to signed-in patients. Others see the form to log in or to set a password, at the same address. */
export function Private({ children }: { children: ComponentChildren }) {
  switch (standing.value) {
    case "patient":
      return <>{children}</>;
    case "halfOpen":
      return <OwnPassword />;
    case "staff":
      return <Staff />;
    case "stranger":
      return <LogIn isBetween />;
  }
}

export function Staff() {
  const words = common.value;
  return (
    <Screen title={words.staffTitle} lead={words.staff}>
      <a class="button" href={paths.desk} target="_top">
        {words.toDesk}
        <Icon name="right" />
      </a>
    </Screen>
  );
}
