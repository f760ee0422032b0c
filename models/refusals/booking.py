"""Refusals that patients can meet when they sign in, book, move and cancel."""

from infra.text import Text
from models.refusals.refusal import Refusal


class OutsideServiceHours(Refusal):
    """E-registration is closed at this hour; see `serviceHours`."""

    text = Text(
        pl="E-rejestracja jest teraz nieczynna; będzie czynna od podanej godziny. Telefon: {phone}.",
        en="E-registration is closed at this hour. It reopens at the time given; telephone: {phone}.",
    )


class SlotNotFound(Refusal):
    """There is no such slot."""

    text = Text(pl="Nie ma takiego terminu.", en="There is no such slot.")


class VisitNotFound(Refusal):
    """There is no such visit, or it is not the patient's own."""

    text = Text(pl="Nie ma takiej wizyty.", en="There is no such visit.")


class SlotTaken(Refusal):
    """The slot is booked, held for somebody else or kept for the waiting list."""

    text = Text(
        pl="Ktoś był szybszy: ten termin jest już zajęty. Prosimy wybrać inny.",
        en="Somebody was faster: this slot is taken. Please choose another.",
    )


class SlotNotBookable(Refusal):
    """The slot is in the past or withdrawn, or the clinic's rules do not allow it to be booked online."""

    text = Text(
        pl="Tego terminu nie można zarezerwować przez internet. Prosimy wybrać inny lub zadzwonić: {phone}.",
        en="This slot cannot be booked online. Please choose another or telephone {phone}.",
    )
    text_by_reason = {
        "IN_THE_PAST": Text(pl="Ten termin już się rozpoczął.", en="This slot has already begun."),
        "NOTICE_TOO_SHORT": Text(
            pl="Na rezerwację tego terminu przez internet jest już za późno. Prosimy o telefon: {phone}.",
            en="This slot begins too soon to be booked online. Please telephone {phone}.",
        ),
        "TOO_FAR_AHEAD": Text(
            pl="Tego terminu nie można jeszcze zarezerwować przez internet: jest zbyt odległy.",
            en="This slot is too far ahead to be booked online yet.",
        ),
        "WITHDRAWN": Text(
            pl="Ten termin został wycofany. Prosimy wybrać inny.",
            en="This slot is no longer offered. Please choose another.",
        ),
        "CLOSED": Text(
            pl="Poradnia jest wtedy zamknięta albo ten lekarz już nie przyjmuje. Prosimy wybrać inny termin.",
            en="The clinic is closed at that time, or this doctor has retired. Please choose another slot.",
        ),
    }

    @property
    def clinic_rule(self) -> str | None:
        reason = str(self.details["reason"])
        return reason if reason in ("NOTICE_TOO_SHORT", "TOO_FAR_AHEAD") else None


class VisitsOverlap(Refusal):
    """The patient has another visit at the same time."""

    text = Text(pl="W tym czasie jest już inna wizyta.", en="There is already another visit at this time.")


class TooManyVisits(Refusal):
    """The patient has as many planned visits in this clinic as BookingRules.plannedVisitsPerPatient allows."""

    text = Text(
        pl="W tej poradni jest już tyle zaplanowanych wizyt, ile dopuszcza e-rejestracja ({limit}). Telefon: {phone}.",
        en="The limit of planned visits booked online in this clinic ({limit}) has been reached. Telephone: {phone}.",
    )

    text_by_reason = {
        "UNCONFIRMED": Text(
            pl="Jest już tyle zaplanowanych wizyt, ile można mieć przed potwierdzeniem tożsamości ({limit}). Tożsamość"
            " potwierdzamy w rejestracji, na podstawie dokumentu. Telefon: {phone}.",
            en="The limit of visits before the identity is confirmed ({limit}) has been reached. Reception"
            " confirms it when it sees a document. Telephone: {phone}.",
        )
    }

    @property
    def clinic_rule(self) -> str:
        return "PLANNED_VISITS"


class VisitNotChangeable(Refusal):
    """The visit can no longer be moved or cancelled online: because of its state, or because it starts too soon."""

    text = Text(
        pl="Tej wizyty nie można już zmienić przez internet. Prosimy o telefon: {phone}.",
        en="This visit can no longer be changed online. Please telephone {phone}.",
    )

    text_by_reason = {
        "CONFIRMED_TOO_LATE": Text(
            pl="Tej wizyty nie można już potwierdzić: rozpoczęła się albo została odwołana. Telefon: {phone}.",
            en="This visit can no longer be confirmed: it has begun or was cancelled. Telephone: {phone}.",
        ),
        "CANNOT_TAKE_PLACE": Text(
            pl="Bardzo przepraszamy: ta wizyta nie może się odbyć. Inny termin można ustalić telefonicznie: {phone}.",
            en="We are very sorry: this visit cannot take place. Please arrange another time by telephone: {phone}.",
        ),
    }

    @property
    def clinic_rule(self) -> str | None:
        return "CANCEL_UNTIL" if self.details["status"] in ("BOOKED", "ARRIVED") else None


class LinkNotValid(Refusal):
    """The link is invalid, has been replaced by a newer letter, or has expired."""

    text = Text(
        pl="Ten odnośnik jest błędny albo stracił ważność. Ważny jest ten z najnowszej wiadomości. Telefon: {phone}.",
        en="This link is not valid, or no longer valid. The newest message has the current one; telephone: {phone}.",
    )


class KeyReused(Refusal):
    """The same account has already used this idempotency key with different input."""

    text = Text(
        pl="Tego klucza idempotencji użyto już do innego żądania. Do nowego żądania potrzebny jest nowy klucz.",
        en="This idempotency key was used for another request. Use a new key for a new request.",
    )


class WrongCredentials(Refusal):
    """The login is unknown or the password is wrong: the answer and its timing are the same for both."""

    text = Text(
        pl="Błędny login lub hasło. Jeżeli hasło jednorazowe straciło ważność lub zostało użyte, można zamówić nowe.",
        en="Login or password is wrong. After a one-time password expires or is used, ask for a new one.",
    )


class TooManyAttempts(Refusal):
    """There were too many failed attempts for this login, or from this network address."""

    text = Text(
        pl="Zbyt wiele nieudanych prób. Prosimy poczekać do podanej godziny albo zamówić nowe hasło.",
        en="Too many failed attempts. Wait until the time given, or ask for a new password.",
    )


class TooBusy(Refusal):
    """Too many people are signing in right now for this request to be answered soon."""

    text = Text(
        pl="W tej chwili loguje się bardzo wiele osób. Prosimy spróbować ponownie za kilka sekund.",
        en="Very many people are signing in just now. Please try again in a few seconds.",
    )
    code = "RATE_LIMITED"


class SecondFactorRequired(Refusal):
    """The password is right, but the account has a second factor: send its code in `oneTimeCode`."""

    text = Text(
        pl="Hasło jest poprawne. Prosimy podać jeszcze kod z aplikacji uwierzytelniającej lub kod zapasowy.",
        en="The password is right. Please add the code from the authenticator app, or a recovery code.",
    )
    text_by_reason = {
        "WRONG": Text(
            pl="Kod jest błędny albo został już użyty. Prosimy podać następny.",
            en="The code is wrong or was already used. Please log in with the next one.",
        )
    }


class WeakPassword(Refusal):
    """The new password is too easy to guess."""

    text = Text(
        pl="To hasło jest zbyt łatwe do odgadnięcia. Zdanie z kilku słów jest długie i łatwe do zapamiętania.",
        en="This password is too easy to guess. A sentence of several words is long and easy to remember.",
    )
