/** The addresses of the portal, with their English aliases. */

export const ways = {
  home: "/",
  signUp: "/zaloz-konto",
  mailbox: "/zaloz-konto/poczta",
  logIn: "/zaloguj",
  forgotten: "/haslo",
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

/** The destination after logging in; only paths of the portal. */
export function wish(next: string | undefined): string | undefined {
  return next && /^\/(?![/\\])/.test(next) ? next : undefined;
}

export const withWish = (path: string, next: string | undefined): string =>
  next ? `${path}?dalej=${encodeURIComponent(next)}` : path;

const ENGLISH: Readonly<Record<string, string>> = {
  "/sign-up": ways.signUp,
  "/log-in": ways.logIn,
  "/password": ways.forgotten,
  "/booking": ways.booking,
  "/visits": ways.visits,
  "/account": ways.account,
};

export const polishWay = (path: string): string | undefined => ENGLISH[path];
