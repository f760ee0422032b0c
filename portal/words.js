// What the page says, in Polish and English.

import { language } from "./api.js";

const WORDS = {
  signUp: ["Załóż konto", "Open an account"],
  logIn: ["Zaloguj się", "Log in"],
  logOut: ["Wyloguj się", "Log out"],
  book: ["Umów wizytę", "Book a visit"],
  visits: ["Moje wizyty", "My visits"],
  account: ["Moje konto", "My account"],
  email: ["Adres e-mail", "E-mail address"],
  pesel: ["PESEL", "PESEL"],
  firstName: ["Imię", "First name"],
  lastName: ["Nazwisko", "Surname"],
  phone: ["Telefon komórkowy", "Mobile telephone"],
  smsReminders: ["Przypomnij SMS-em dzień przed wizytą", "Remind me by SMS the day before a visit"],
  password: ["Hasło", "Password"],
  currentPassword: ["Obecne hasło", "Present password"],
  newPassword: ["Nowe hasło (co najmniej 15 znaków; dobre jest zdanie)", "New password (at least 15 characters; a sentence is good)"],
  setPassword: ["Ustaw hasło", "Set the password"],
  setPasswordWhy: ["Hasło jednorazowe przyjęte. Ustaw teraz własne hasło.", "The one-time password is accepted. Now set your own."],
  passwordSet: ["Hasło ustawione.", "The password is set."],
  forgotten: ["Nie pamiętam hasła", "I forgot my password"],
  send: ["Wyślij", "Send"],
  welcome: [
    "Umów wizytę przez Internet: wybierz poradnię i wolny termin. Rejestracja telefoniczna i w przychodni działają jak dotąd.",
    "Book a visit over the Internet: choose a clinic and a free term. Telephone and reception stay as they were.",
  ],
  closedNow: ["E-rejestracja jest teraz nieczynna. Otwarcie: ", "E-registration is closed now. It opens: "],
  clinic: ["Poradnia", "Clinic"],
  choose: ["Wybierz", "Choose"],
  day: ["Dzień", "Day"],
  noTerms: ["Brak wolnych terminów w najbliższych trzech miesiącach.", "No free terms in the next three months."],
  free: ["wolnych: ", "free: "],
  hold: ["Ten termin czeka na Ciebie do ", "This term is kept for you until "],
  reason: ["Powód wizyty (nieobowiązkowo)", "Reason (optional)"],
  confirm: ["Potwierdź wizytę", "Confirm the visit"],
  back: ["Wróć", "Back"],
  booked: ["Wizyta umówiona. Potwierdzenie wysłaliśmy e-mailem.", "The visit is booked. A confirmation was mailed."],
  moved: ["Wizyta przełożona. Potwierdzenie wysłaliśmy e-mailem.", "The visit is moved. A confirmation was mailed."],
  cancelled: ["Wizyta odwołana.", "The visit is cancelled."],
  planned: ["Wizyty planowane", "Planned visits"],
  past: ["Wizyty minione i odwołane", "Past and cancelled visits"],
  none: ["Brak.", "None."],
  move: ["Przełóż", "Move"],
  cancel: ["Odwołaj", "Cancel"],
  cancelSure: ["Na pewno odwołać tę wizytę?", "Really cancel this visit?"],
  calendar: ["Do kalendarza", "To my calendar"],
  reference: ["Numer wizyty: ", "Reference: "],
  save: ["Zapisz", "Save"],
  saved: ["Zapisano. Zmiany potwierdziliśmy e-mailem.", "Saved. The changes were confirmed by mail."],
  accessLog: ["Kto korzystał z moich danych", "Who used my data"],
  exportData: ["Pobierz moje dane", "Download my data"],
  closeAccount: ["Zamknij konto", "Close the account"],
  closeSure: ["Na pewno zamknąć konto? Zarezerwowane wizyty pozostaną ważne.", "Really close the account? Booked visits stay booked."],
  pickAgain: ["Najbliższe wolne terminy:", "The next free terms:"],
  phoneHelp: ["Telefon do poradni: ", "The clinic's telephone: "],
  BOOKED: ["zaplanowana", "booked"],
  ARRIVED: ["w trakcie", "arrived"],
  FULFILLED: ["odbyta", "fulfilled"],
  CANCELLED: ["odwołana", "cancelled"],
  NO_SHOW: ["nieobecność", "no-show"],
};

export const word = (name) => WORDS[name][language === "pl" ? 0 : 1];

const format = (options) => (text) =>
  new Intl.DateTimeFormat(language, { timeZone: "Europe/Warsaw", ...options }).format(new Date(text));

export const moment = format({ weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
export const hour = format({ hour: "2-digit", minute: "2-digit" });
export const day = (text) => format({ weekday: "long", day: "numeric", month: "long" })(`${text}T12:00:00Z`);
