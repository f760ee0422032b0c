/** The addresses of the portal, with their English aliases. */

export const paths = {
  home: "/",
  signUp: "/zaloz-konto",
  mailbox: "/zaloz-konto/poczta",
  logIn: "/zaloguj",
  forgotten: "/haslo",
  forgottenMailbox: "/haslo/poczta",
  ownPassword: "/haslo/wlasne",
  booking: "/rezerwacja",
  clinic: (id: string) => `/rezerwacja/${id}`,
  slot: (id: string) => `/termin/${id}`,
  moveTo: (id: string, visit: string) => `/termin/${id}?zamiast=${visit}`,
  booked: (id: string) => `/potwierdzone/${id}`,
  visits: "/wizyty",
  past: "/wizyty/minione",
  cancelled: "/wizyty/odwolane",
  visit: (id: string) => `/wizyty/${id}`,
  move: (id: string) => `/wizyty/${id}/przeloz`,
  calendarFile: (id: string) => `/wizyty/${id}.ics`,
  offer: (id: string) => `/oferty/${id}`,
  account: "/konto",
  part: (name: string) => `/konto/${name}`,
  confirmVisit: "/potwierdz",
  confirmAddress: "/potwierdz-adres",
  desk: "/graphql",
} as const;

/** Whether the page shows a patient's own data. Others see the log-in form there, or the form to set a password. */
export const isPrivate = (path: string): boolean => /^\/(termin|potwierdzone|wizyty|oferty|konto)(\/|$)/.test(path);

/** The destination after logging in; only paths of the portal. */
export function destination(next: string | undefined): string | undefined {
  return next && /^\/(?![/\\])/.test(next) ? next : undefined;
}

export const withDestination = (path: string, next: string | undefined): string =>
  next ? `${path}?dalej=${encodeURIComponent(next)}` : path;

const ENGLISH: Readonly<Record<string, string>> = {
  "sign-up": paths.signUp,
  "log-in": paths.logIn,
  password: paths.forgotten,
  booking: paths.booking,
  visits: paths.visits,
  account: paths.account,
};

/** Translates an English address: /visits/1?a=b to /wizyty/1?a=b; undefined for any other address. */
export function polishPath(url: string): string | undefined {
  const first = url.slice(1).split(/[/?]/)[0] ?? "";
  return ENGLISH[first] && ENGLISH[first] + url.slice(1 + first.length);
}
