import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import { Fault } from "../api/fault";
import { isOnline, untilWorthTrying } from "../state/connection";
import { isClosed } from "../state/hours";
import { language, speak } from "../state/language";
import { announcement, notice } from "../state/notice";
import { centre, hours, logOut, standing, start } from "../state/session";
import { brand } from "../state/theme";
import { isPrivate, paths, withDestination } from "../state/paths";
import { common } from "../words/common";
import { useAction } from "./action";
import { Closed } from "./closed";
import { Icon, type IconName } from "./icon";
import { Screen } from "./screen";
import { SessionClock } from "./session-clock";
import { Box, centrePhone, Failed, Loading, Outcome } from "./states";

/** Loads the centre, its hours and the session; retries until that succeeds. */
function useStart(): { readonly isReady: boolean; readonly fault: Fault | null; readonly retry: () => void } {
  const [isReady, setReady] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const left = new AbortController();
    const go = async () => {
      while (!left.signal.aborted) {
        try {
          await start();
          brand(centre.value);
          return setReady(true);
        } catch (error) {
          setFault(error instanceof Fault ? error : new Fault("OTHER"));
          await untilWorthTrying(4_000, left.signal);
        }
      }
    };
    if (!isReady) void go();
    return () => left.abort();
  }, [round]);
  return { isReady, fault, retry: () => setRound(round + 1) };
}

export function Shell({ children }: { children: ComponentChildren }) {
  const { isReady, fault, retry } = useStart();
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        {common.value.skip}
      </a>
      <Header />
      <section class="notices" aria-label={common.value.notices}>
        {isReady && <Banners />}
        <p class="unseen" aria-live="polite">
          {announcement.value?.()}
        </p>
      </section>
      <Now />
      <main id="content" tabIndex={-1}>
        {isReady && children}
        {!isReady && !fault && <Loading />}
        {!isReady && fault && (
          <Screen title={common.value.brand}>
            <Failed fault={fault} retry={retry} />
          </Screen>
        )}
      </main>
      {isReady && <Footer />}
      <BottomBar />
      {isReady && <SessionClock />}
    </>
  );
}

/** The message about the last action; it stays in view while the page is scrolled. */
function Now() {
  const said = notice.value;
  return (
    <div class="notices now">
      {!isOnline.value && (
        <div role="alert">
          <Box icon="alert" kind="warn">
            <p>{common.value.offline}</p>
          </Box>
        </div>
      )}
      <div role="status">
        {said && (
          <Box icon={said.kind === "good" ? "check" : "alert"} kind={said.kind}>
            <p>{said.words()}</p>
          </Box>
        )}
      </div>
    </div>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Banners() {
  const { path } = useLocation();
  const isSetting = path === paths.ownPassword || isPrivate(path);
  return (
    <>
      {hours.value && isClosed.value && <Closed />}
      {standing.value === "halfOpen" && !isSetting && (
        <Box icon="lock" kind="warn">
          <p>
            {common.value.halfOpen} <a href={paths.ownPassword}>{common.value.halfOpenLink}</a>
          </p>
        </Box>
      )}
    </>
  );
}

const PLACES: readonly {
  readonly way: string;
  readonly word: "book" | "visits" | "account";
  readonly icon: IconName;
}[] = [
  { way: paths.booking, word: "book", icon: "calendar" },
  { way: paths.visits, word: "visits", icon: "list" },
  { way: paths.account, word: "account", icon: "user" },
];
const ALSO: Readonly<Record<string, string>> = {
  termin: paths.booking,
  potwierdzone: paths.visits,
  oferty: paths.visits,
};

function Places({ hasIcons }: { hasIcons: boolean }) {
  const { path, query } = useLocation();
  const [, first = ""] = path.split("/");
  const here = query["zamiast"] ? paths.visits : (ALSO[first] ?? `/${first}`);
  return (
    <ul>
      {PLACES.map(({ way, word, icon }) => (
        <li key={way}>
          <a href={way} aria-current={way === path ? "page" : way === here ? "true" : undefined}>
            {hasIcons && <Icon name={icon} />}
            <span>{common.value[word]}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function Header() {
  const words = common.value;
  const { logoUrl, name } = centre.value ?? {};
  const phone = centrePhone();
  return (
    <header class="top">
      <div class="inner">
        <a class="brand" href={paths.home}>
          {logoUrl ? <img src={logoUrl} alt={name ?? ""} height="40" /> : <strong>{name}</strong>}
          <span>{words.brand}</span>
        </a>
        <nav class="places" aria-label={words.mainMenu}>
          <Places hasIcons={false} />
        </nav>
        <div class="tools">
          <a class="tool" href={phone.href} aria-label={words.call(phone.name)}>
            <Icon name="phone" />
            <span class="number">{phone.name}</span>
          </a>
          <LanguageSwitch />
          <SignInOrOut />
        </div>
      </div>
    </header>
  );
}

function LanguageSwitch() {
  const other = language.value === "pl" ? "en" : "pl";
  return (
    <button
      class="tool"
      type="button"
      lang={other}
      aria-label={`${other.toUpperCase()} – ${common.value.otherLanguageLabel}`}
      onClick={() => speak(other)}
    >
      <span class="short" aria-hidden="true">
        {other.toUpperCase()}
      </span>
      <span class="long">{common.value.otherLanguage}</span>
    </button>
  );
}

function SignInOrOut() {
  const { path, url, route } = useLocation();
  const leave = useAction(async () => {
    await logOut();
    route(paths.home);
  });
  const words = common.value;
  if (standing.value === "stranger") {
    if (path === paths.logIn) return null;
    return (
      <a class="tool strong" href={withDestination(paths.logIn, path.startsWith(paths.booking) ? url : undefined)}>
        {words.logIn}
      </a>
    );
  }
  return (
    <>
      <button class="tool" type="button" aria-label={words.logOut} aria-disabled={leave.isBusy} onClick={leave.run}>
        <Icon name="exit" />
        <span class="long">{words.logOut}</span>
      </button>
      <Outcome action={leave} />
    </>
  );
}

function Footer() {
  const words = common.value;
  const { name, address, privacyUrl, termsUrl, accessibilityUrl } = centre.value ?? {};
  const phone = centrePhone();
  const links = [
    [privacyUrl, words.privacy],
    [termsUrl, words.terms],
    [accessibilityUrl, words.accessibility],
  ] as const;
  return (
    <footer>
      <div class="inner">
        <p>
          <strong>{name}</strong>
          {address && (
            <>
              <br />
              {address}
            </>
          )}
          <br />
          <a href={phone.href}>{words.call(phone.name)}</a>
        </p>
        {links.some(([url]) => url) && (
          <ul>
            {links.map(
              ([url, label]) =>
                url && (
                  <li key={label}>
                    <a href={url} target="_top">
                      {label}
                    </a>
                  </li>
                ),
            )}
          </ul>
        )}
      </div>
    </footer>
  );
}

function BottomBar() {
  return (
    <nav class="bottom" aria-label={common.value.mainMenu}>
      <Places hasIcons />
    </nav>
  );
}
