"""Every refusal of the domain: the docstring is its English message, `pl` its Polish one."""

import json
from typing import Any, ClassVar, NamedTuple

import settings


class Refusal(Exception):
    """The wish was understood and cannot be granted; nothing has changed."""

    pl: ClassVar[str] = "Nie można tego zrobić; nic się nie zmieniło."
    code: ClassVar[str] = "BAD_USER_INPUT"  # where the field's answer has no place for the refusal
    kinds: ClassVar[dict[str, type["Refusal"]]] = {}

    def __init_subclass__(cls) -> None:
        Refusal.kinds[cls.__name__] = cls

    def __init__(self, **details: Any) -> None:
        """`details` are plain JSON values: a refusal can be remembered and repeated."""
        self.details = details
        super().__init__(type(self).__name__)

    @property
    def clinic_rule(self) -> str | None:
        """The clinic's rule that says no, which reception may pass over with a reason; None: nobody may."""
        return None

    def message(self, language: str) -> str:
        template = self.pl if language == "PL" else (self.__doc__ or "").strip()
        return template.format(phone=settings.CENTRE_PHONE, **self.details)

    def frozen(self) -> str:
        return json.dumps({"kind": type(self).__name__, "details": self.details})

    @classmethod
    def thawed(cls, text: str) -> "Refusal":
        stored = json.loads(text)
        return cls.kinds[stored["kind"]](**stored["details"])


class OutsideServiceHours(Refusal):
    """E-registration is closed at this hour. It opens again at the time given; telephone: {phone}."""

    pl = "E-rejestracja jest o tej porze nieczynna. Godzina otwarcia jest podana; telefon: {phone}."


class SlotNotFound(Refusal):
    """There is no such term."""

    pl = "Nie ma takiego terminu."


class VisitNotFound(Refusal):
    """There is no such visit."""

    pl = "Nie ma takiej wizyty."


class SlotTaken(Refusal):
    """Somebody was faster: this term is taken. The next free ones are in `alternatives`."""

    pl = "Ktoś był szybszy: ten termin jest już zajęty. Najbliższe wolne są w `alternatives`."


class SlotNotBookable(Refusal):
    """This term cannot be booked online. Please choose another, or telephone {phone}."""

    pl = "Tego terminu nie można zarezerwować przez Internet. Proszę wybrać inny lub zadzwonić: {phone}."
    because: ClassVar[dict[str, tuple[str, str]]] = {
        "IN_THE_PAST": ("This term has already begun.", "Ten termin już się rozpoczął."),
        "NOTICE_TOO_SHORT": (
            "This term is too near to be booked online. Please telephone {phone}.",
            "Ten termin jest zbyt bliski, aby zarezerwować go przez Internet. Prosimy o telefon: {phone}.",
        ),
        "TOO_FAR_AHEAD": (
            "This term is too far ahead to be booked online yet.",
            "Tego terminu nie można jeszcze rezerwować przez Internet: jest zbyt odległy.",
        ),
        "WITHDRAWN": (
            "This term is no longer offered. Please choose another.",
            "Ten termin został wycofany. Proszę wybrać inny.",
        ),
    }

    @property
    def clinic_rule(self) -> str | None:
        reason = str(self.details["reason"])
        return reason if reason in ("NOTICE_TOO_SHORT", "TOO_FAR_AHEAD") else None

    def message(self, language: str) -> str:
        english, polish = self.because[self.details["reason"]]
        return (polish if language == "PL" else english).format(phone=settings.CENTRE_PHONE)


class VisitsOverlap(Refusal):
    """There is another visit at this time already."""

    pl = "W tym czasie jest już inna wizyta."


class TooManyVisits(Refusal):
    """As many visits as can be booked online in this clinic are planned already ({limit}). Telephone: {phone}."""

    pl = "W tej poradni zaplanowano już tyle wizyt, ile można mieć przez Internet ({limit}). Telefon: {phone}."

    @property
    def clinic_rule(self) -> str:
        return "PLANNED_VISITS"


class VisitNotChangeable(Refusal):
    """This visit can no longer be changed online. Please telephone {phone}."""

    pl = "Tej wizyty nie można już zmienić przez Internet. Prosimy o telefon: {phone}."

    @property
    def clinic_rule(self) -> str | None:
        return "CANCEL_UNTIL" if self.details["status"] in ("BOOKED", "ARRIVED") else None


class KeyReused(Refusal):
    """This idempotency key was used for another request. Use a new key for a new request."""

    pl = "Tego klucza idempotencji użyto już do innego żądania. Do nowego żądania potrzebny jest nowy klucz."


class WrongCredentials(Refusal):
    """Login or password is wrong. After a one-time password expires or is used, ask for a new one."""

    pl = "Błędny login lub hasło. Gdy hasło jednorazowe wygasło lub zostało użyte, poproś o nowe."


class TooManyAttempts(Refusal):
    """Too many failed attempts. Wait until the time given, or ask for a new password."""

    pl = "Zbyt wiele nieudanych prób. Proszę poczekać do podanej godziny albo poprosić o nowe hasło."


class SecondFactorRequired(Refusal):
    """The password is right. Please add the code of the authenticator program, or a recovery code."""

    pl = "Hasło jest poprawne. Proszę podać jeszcze kod z aplikacji uwierzytelniającej lub kod zapasowy."
    because: ClassVar[dict[str, tuple[str, str]]] = {
        "WRONG": (
            "The code is wrong or was used already. Please log in with the next one.",
            "Kod jest błędny albo został już użyty. Proszę zalogować się następnym.",
        )
    }

    def message(self, language: str) -> str:
        if wrong := self.because.get(self.details["reason"]):
            return wrong[1 if language == "PL" else 0]
        return super().message(language)


class WeakPassword(Refusal):
    """This password is too easy to guess. A sentence of several words is long and easy to remember."""

    pl = "To hasło jest zbyt łatwe do odgadnięcia. Zdanie z kilku słów jest długie i łatwe do zapamiętania."


class Flaw(NamedTuple):
    """One thing wrong with one field of an input."""

    path: tuple[str, ...]
    code: str


class InvalidInput(Refusal):
    """Some fields need correcting; each is named."""

    pl = "Niektóre pola wymagają poprawy; każde jest wskazane."

    @property
    def flaws(self) -> list[Flaw]:
        return [Flaw(tuple(path), code) for path, code in self.details["flaws"]]

    @classmethod
    def of(cls, flaws: list[Flaw]) -> "InvalidInput":
        return cls(flaws=[[list(flaw.path), flaw.code] for flaw in flaws])
