"""What reception and administration can be refused: as models.refusal, in words for colleagues."""

from typing import ClassVar

from models.refusal import Refusal


class PatientNotFound(Refusal):
    """There is no such patient."""

    pl = "Nie ma takiego pacjenta."


class PatientExists(Refusal):
    """This person has a record already: it is given in `patient`. Use that one."""

    pl = "Ta osoba ma już kartotekę: jest podana w polu `patient`. Proszę użyć tamtej."


class RecordsNotMerged(Refusal):
    """Another record has this PESEL or document, and two records are never merged: visits are medical records, each
    with a history and an access log that must stay as they were written, and a wrong merger could not be undone. Keep
    the record given in `patient`, book there, and cancel what is still planned on this one."""

    pl = (
        "Ten PESEL lub dokument ma inna kartoteka, a dwóch kartotek nigdy się nie łączy: wizyty są dokumentacją"
        " medyczną, ich historia i dziennik dostępu muszą pozostać takie, jak je zapisano, a błędnego połączenia nie"
        " dałoby się cofnąć. Proszę używać kartoteki z pola `patient`, tam rezerwować, a tu odwołać planowane wizyty."
    )

    def message(self, language: str) -> str:
        return " ".join(super().message(language).split())


class AccountExists(Refusal):
    """This patient has an account already, and its owner alone changes its address."""

    pl = "Ten pacjent ma już konto; jego adres zmienia tylko sam właściciel."


class StatusNotChangeable(Refusal):
    """A visit cannot become {wanted} from {status} now."""

    pl = "Wizyta o statusie {status} nie może teraz otrzymać statusu {wanted}."
    because: ClassVar[dict[str, tuple[str, str]]] = {
        "STATUS": (
            "A visit that is {status} cannot become {wanted}.",
            "Wizyta o statusie {status} nie może otrzymać statusu {wanted}.",
        ),
        "TOO_EARLY": (
            "It is too early to mark this visit as {wanted}.",
            "Jest za wcześnie, aby nadać tej wizycie status {wanted}.",
        ),
    }

    def message(self, language: str) -> str:
        english, polish = self.because[self.details["reason"]]
        return (polish if language == "PL" else english).format(**self.details)


class SlotHeld(Refusal):
    """This term is held for somebody else for the moment; a hold is their promise and is never overridden."""

    pl = "Ten termin jest na chwilę wstrzymany dla kogoś innego; wstrzymania nie można pominąć."
    offered = (
        "This term is offered to another patient, who may still take it; an offer is never overridden.",
        "Ten termin zaproponowano innemu pacjentowi, który może go jeszcze przyjąć; propozycji nie można pominąć.",
    )

    def message(self, language: str) -> str:
        return self.offered[1 if language == "PL" else 0] if self.details["is_offer"] else super().message(language)


class SlotKept(Refusal):
    """This term is kept for the waiting list: it goes to those who wait, one at a time, and only then to others."""

    pl = "Ten termin jest zachowany dla listy oczekujących: najpierw dostają go oczekujący, po kolei, potem inni."


class SlotClosed(Refusal):
    """This term was taken away ({reason})."""

    pl = "Ten termin został zamknięty ({reason})."


class MessageNotFound(Refusal):
    """There is no such message."""

    pl = "Nie ma takiej wiadomości."


class MessageNotResendable(Refusal):
    """This message cannot be sent again."""

    pl = "Tej wiadomości nie można wysłać ponownie."
    because: ClassVar[dict[str, tuple[str, str]]] = {
        "ON_ITS_WAY": ("This message is still on its way.", "Ta wiadomość jest jeszcze w drodze."),
        "NO_ADDRESS": (
            "There is nowhere to send it: no e-mail address or telephone number.",
            "Nie ma dokąd jej wysłać: brak adresu e-mail lub numeru telefonu.",
        ),
        "OUTDATED": (
            "What it says is no longer true: the visit has changed since, or the offer is over.",
            "Jej treść jest nieaktualna: wizyta zmieniła się od tego czasu lub propozycja straciła ważność.",
        ),
    }

    def message(self, language: str) -> str:
        return self.because[self.details["reason"]][1 if language == "PL" else 0]


class StaffNotFound(Refusal):
    """There is no such colleague."""

    pl = "Nie ma takiej osoby wśród personelu."


class LastAdministrator(Refusal):
    """Somebody must remain who may invite others: this is the last administrator."""

    pl = "Musi pozostać ktoś, kto może zapraszać innych: to ostatni administrator."


class SecondFactorPresent(Refusal):
    """A second factor is in use already. To set up another, remove it first."""

    pl = "Drugi składnik jest już włączony. Aby ustawić inny, trzeba go najpierw usunąć."


class SecondFactorNotBegun(Refusal):
    """There is no second factor here: begin to set one up (beginSecondFactor)."""

    pl = "Nie ma tu drugiego składnika: proszę zacząć go ustawiać (beginSecondFactor)."


class WrongCode(Refusal):
    """This is not the code of the moment, or it was used already; nothing has changed."""

    pl = "To nie jest kod na tę chwilę albo został już użyty; nic się nie zmieniło."
