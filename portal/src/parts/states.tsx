/** Shown in place of a screen's content while it loads, or if it has failed to load. */

import type { ComponentChildren } from "preact";
import type { Fault } from "../api/fault";
import { isOnline } from "../state/connection";
import { centre } from "../state/session";
import { paths } from "../state/paths";
import { common } from "../words/common";
import type { Action } from "./action";
import { Icon, type IconName } from "./icon";

export function centrePhone(): { name: string; href: string } {
  const said = document.querySelector<HTMLMetaElement>("meta[name=telephone]")?.content ?? "";
  const name = centre.value?.phone ?? said;
  return { name, href: `tel:${centre.value?.phoneNumber ?? name.replaceAll(" ", "")}` };
}

export function PhoneLink({ phone }: { phone?: string }) {
  const { name, href } = phone ? { name: phone, href: `tel:${phone.replaceAll(" ", "")}` } : centrePhone();
  return (
    <a class="phone" href={href}>
      {name}
    </a>
  );
}

export function Loading() {
  return (
    <div class="loading" role="status">
      <span class="spinner" />
      {common.value.loading}
    </div>
  );
}

export function Failed({ fault, retry }: { fault: Fault; retry: () => void }) {
  const words = common.value;
  if (fault.code === "UNAUTHENTICATED") return <Loading />; // the log-in form replaces the screen
  if (fault.code === "MISTAKEN") return <Mistaken />;
  const isOutdated = fault.code === "OUTDATED";
  const said = { OFFLINE: words.failedOffline, RATE_LIMITED: words.busy, OUTDATED: words.outdated } as const;
  const why = fault.code in said ? said[fault.code as keyof typeof said] : words.failed;
  const isOurs = !fault.isPassing && !isOutdated;
  return (
    <div role="alert">
      <Box icon="alert" kind="warn" title={isOutdated ? undefined : isOurs ? words.brokenTitle : words.failedTitle}>
        <p>{isOurs ? words.broken : why}</p>
        <p class="row">
          <button class="button secondary" type="button" onClick={isOutdated ? () => location.reload() : retry}>
            {isOutdated ? words.refresh : words.tryAgain}
          </button>
        </p>
        <CallInstead />
      </Box>
    </div>
  );
}

/** The centre's telephone number, shown wherever the page cannot help. */
export function CallInstead({ phone }: { phone?: string }) {
  return (
    <p>
      {common.value.callInstead} <PhoneLink {...(phone && { phone })} />
    </p>
  );
}

/** Says that a request has no answer yet and is being repeated. */
export function StillTrying() {
  return (
    <div role="status">
      <Box icon="clock" kind="warn">
        <p>{isOnline.value ? common.value.stillTrying : common.value.failedOffline}</p>
        <CallInstead />
      </Box>
    </div>
  );
}

/** The state of a button's action that is not done yet: it has no answer, or it has failed. */
export function Outcome({ action: { isWaiting, fault } }: { action: Pick<Action, "isWaiting" | "fault"> }) {
  if (isWaiting) return <StillTrying />;
  if (!fault) return null;
  return (
    <div role="alert">
      <Box icon="alert" kind="warn">
        <p>{fault()}</p>
        <CallInstead />
      </Box>
    </div>
  );
}

function Mistaken() {
  const words = common.value;
  return (
    <Box icon="info" title={words.notFoundTitle}>
      <p>{words.notFound}</p>
      <p>
        <a href={paths.home}>{words.toHome}</a>
      </p>
    </Box>
  );
}

/** A list that has nothing in it yet. */
export function Empty({ children }: { children: ComponentChildren }) {
  return (
    <p class="card empty">
      <Icon name="calendar" />
      {children}
    </p>
  );
}

interface BoxProps {
  readonly icon: IconName;
  readonly kind?: "info" | "warn" | "good";
  readonly title?: string | undefined;
  readonly children?: ComponentChildren;
}

export function Box({ icon, kind = "info", title, children }: BoxProps) {
  return (
    <div class={`box ${kind}`}>
      <Icon name={icon} />
      <div>
        {title && <p class="strong">{title}</p>}
        {children}
      </div>
    </div>
  );
}
