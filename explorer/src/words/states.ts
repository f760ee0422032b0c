// How the states of slots and visits look: a sign and a word beside the colour, for those who do not see colours.
import type { CallOutcome, CallReason, MessageState, SlotState, VisitStatus } from "../generated";

export interface Look {
  sign: string;
  word: string;
}

export type CellState = Exclude<SlotState, "BOOKED"> | VisitStatus;

export const LOOKS: Record<CellState, Look> = {
  FREE: { sign: "+", word: "wolny" },
  BOOKED: { sign: "●", word: "umówiona" },
  ARRIVED: { sign: "▶", word: "pacjent jest" },
  FULFILLED: { sign: "✓", word: "odbyła się" },
  NO_SHOW: { sign: "✗", word: "nie przyszedł" },
  CANCELLED: { sign: "–", word: "odwołana" },
  HELD: { sign: "…", word: "ktoś właśnie wybiera" },
  OFFERED: { sign: "?", word: "zaproponowany" },
  KEPT: { sign: "≡", word: "dla listy oczekujących" },
  BLOCKED: { sign: "■", word: "zablokowany" },
  ABSENT: { sign: "∅", word: "lekarza nie ma" },
  WITHDRAWN: { sign: "×", word: "wycofany" },
};

/** The look of a visit that its patient has confirmed. */
export const CONFIRMED: Look = { sign: "☑", word: "potwierdzona przez pacjenta" };

export const CALL_REASONS: Record<CallReason, string> = {
  NO_EMAIL: "nie ma adresu e-mail",
  NO_MESSAGE: "nie wysłano wiadomości",
  MESSAGE_FAILED: "wiadomość nie doszła",
  NO_TERM: "lekarza nie będzie, nie znaleziono innego terminu",
  DECLINED: "nie chce zaproponowanego terminu",
  NOT_ANSWERED: "nie odpowiada na propozycję",
  PLACE_CLOSED: "poradnia zamknięta albo lekarz już nie przyjmuje: przełożyć lub odwołać",
  TAKES_PLACE: "wizyta jednak się odbędzie, a nie ma adresu e-mail",
};

export const OUTCOMES: Record<CallOutcome, string> = {
  REACHED: "rozmowa odbyta",
  NO_ANSWER: "nie odbiera",
  LEFT_MESSAGE: "zostawiono wiadomość",
};

export const MESSAGE_STATES: Record<MessageState, string> = {
  DUE: "czeka na wysłanie",
  SENDING: "jest wysyłana",
  SENT: "wysłana",
  DELIVERED: "dostarczona",
  FAILED: "nie doszła",
  DROPPED: "niewysłana: nieaktualna",
};

export const HAPPENED: Record<string, string> = {
  BOOKED: "umówiona",
  CONFIRMED: "pacjent potwierdził",
  MOVED: "przełożona",
  CANCELLED: "odwołana",
  ARRIVED: "pacjent przyszedł",
  FULFILLED: "odbyła się",
  NO_SHOW: "pacjent nie przyszedł",
  CALLED: "telefon do pacjenta",
  UNDONE: "cofnięto oznaczenie",
  RECORDED: "zapisana po fakcie",
};
