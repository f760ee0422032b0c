"""Refusals that reception and administration can meet, worded for colleagues."""

from infra.text import Text
from models.refusals.refusal import Refusal


class PatientNotFound(Refusal):
    """There is no such patient."""

    text = Text(pl="Nie ma takiego pacjenta.", en="There is no such patient.")


class PatientExists(Refusal):
    """A record with this PESEL or document already exists."""

    text = Text(
        pl="Ta osoba ma już kartotekę (`patient`). Prosimy użyć tamtej.",
        en="This person already has a record: it is given in `patient`. Use that one.",
    )


class PatientIncomplete(Refusal):
    """The record has neither a PESEL nor a document yet: add one first (`changePatient`)."""

    text = Text(
        pl="Ta kartoteka czeka na uzupełnienie: prosimy najpierw wpisać PESEL lub dokument (`changePatient`).",
        en="This record is incomplete: add the PESEL or document first (`changePatient`).",
    )


class PatientIsDouble(Refusal):
    """The record is marked as a double of another one, which should be used. This can be overridden with a reason."""

    text = Text(
        pl="Ta kartoteka jest dubletem. Prosimy rezerwować we właściwej (`patient`).",
        en="This record is a double: the right one is given in `patient`. Book there.",
    )

    @property
    def clinic_rule(self) -> str:
        return "PATIENT_IS_DOUBLE"


class RecordsNotMerged(Refusal):
    """Another record of the centre has this PESEL or document. Such records are never merged; the message says why."""

    text = Text(
        pl="Ten PESEL lub dokument ma inna kartoteka, a dwóch kartotek rejestracji się nie łączy: wizyty są"
        " dokumentacją medyczną, ich historia i dziennik dostępu muszą pozostać takie, jak je zapisano, a błędnego"
        " połączenia nie dałoby się cofnąć. Prosimy używać tamtej kartoteki (`patient`), w niej rezerwować, a tu"
        " odwołać planowane wizyty.",
        en="Another record has this PESEL or document, and two records of reception are not merged: visits are medical"
        " records, each with a history and an access log that must stay as they were written, and a wrong merger could"
        " not be undone. Keep the record given in `patient`, book there, and cancel what is still planned on this one.",
    )


class AccountExists(Refusal):
    """The patient already has an account."""

    text = Text(
        pl="Ten pacjent ma już konto. Pomylony adres zaproszenia można poprawić (`replacePatientEmail`).",
        en="This patient already has an account. An address mistyped in an invitation can be replaced"
        " (`replacePatientEmail`).",
    )


class NoAccount(Refusal):
    """The patient has no open account."""

    text = Text(pl="Ten pacjent nie ma konta.", en="This patient has no account.")


class AddressInUse(Refusal):
    """The owner of the account has set a password: only the owner or an administrator can change the address."""

    text = Text(
        pl="Właściciel konta ma już własne hasło: adres zmienia sam albo administrator, podając powód (`reason`).",
        en="The account's owner has set a password: the owner changes the address, or an administrator who gives a"
        " reason (`reason`).",
    )


class IdentityNotConfirmed(Refusal):
    """The account is unconfirmed, and a record with the same number has another name: find out who is meant."""

    text = Text(
        pl="Nikt nie potwierdził, do kogo należy to konto, a ten sam numer ma kartoteka na inne nazwisko"
        " (`patient`). Prosimy sprawdzić, o kogo chodzi, i wybrać właściwą kartotekę.",
        en="Nobody has confirmed whose account this is, and a record with the same number has other names: it is given"
        " in `patient`. Please find out who is meant, and choose the right record.",
    )


class RecordsOverlap(Refusal):
    """The two records that would become one have visits at the same time. Nothing has changed."""

    text = Text(
        pl="Konto i kartoteka tej osoby mają wizyty w tym samym czasie. Prosimy najpierw odwołać lub"
        " przełożyć jedną wizytę z każdej pary, a potem potwierdzić tożsamość jeszcze raz.",
        en="The account and the record of this person have visits at the same time: they are named. Please cancel or"
        " move one of each pair first, then confirm the identity again.",
    )


class StatusNotChangeable(Refusal):
    """The visit cannot be marked like this in its current state, or at this time."""

    text = Text(
        pl="Tej wizyty nie można teraz tak oznaczyć.",
        en="A visit cannot change from {status} to {wanted} now.",
    )
    text_by_reason = {
        "STATUS": Text(
            pl="Wizyty w jej obecnym stanie nie można tak oznaczyć.",
            en="A visit that is {status} cannot become {wanted}.",
        ),
        "NOT_MARKED": Text(
            pl="Ta wizyta nie ma oznaczenia, które można by cofnąć.",
            en="This visit has no mark to undo; it is {status}.",
        ),
        "TOO_LATE": Text(
            pl="Oznaczenie można cofnąć tylko w dniu wizyty.", en="A mark can be undone only on the day of the visit."
        ),
        "TOO_EARLY": Text(
            pl="Jest za wcześnie, aby tak oznaczyć tę wizytę.",
            en="It is too early to mark this visit as {wanted}.",
        ),
    }


class SlotHeld(Refusal):
    """The slot is held for another patient at the moment. The hold cannot be overridden."""

    text = Text(
        pl="Ten termin jest na chwilę zatrzymany dla kogoś innego; tego nie można pominąć.",
        en="This slot is held for somebody else for the moment; a hold is a promise and is never overridden.",
    )
    offered = Text(
        pl="Ten termin zaproponowano innemu pacjentowi, który może go jeszcze przyjąć; propozycji nie można pominąć.",
        en="This slot is offered to another patient, who may still take it; an offer is never overridden.",
    )

    def _choose_text(self) -> Text:
        return self.offered if self.details["is_offer"] else self.text


class SlotKept(Refusal):
    """The slot is kept for the waiting list until nobody on the list wants it. This cannot be overridden."""

    text = Text(
        pl="Ten termin czeka na osoby z listy oczekujących: proponujemy go im po kolei, a dopiero potem innym.",
        en="This slot is kept for the waiting list: those on it are asked first, one at a time.",
    )


class SlotClosed(Refusal):
    """A colleague has blocked the slot, or its doctor will be absent."""

    text = Text(pl="Ten termin jest niedostępny ({reason}).", en="This slot was removed ({reason}).")


class WaitingListEntryNotFound(Refusal):
    """There is no such entry on the waiting list, or it is no longer open."""

    text = Text(
        pl="Nie ma takiego wpisu na liście oczekujących; mógł już stracić ważność.",
        en="There is no such entry on the waiting list; it may have ended.",
    )


class MessageNotFound(Refusal):
    """There is no such message."""

    text = Text(pl="Nie ma takiej wiadomości.", en="There is no such message.")


class MessageNotResendable(Refusal):
    """The message cannot be sent again."""

    text = Text(pl="Tej wiadomości nie można wysłać ponownie.", en="This message cannot be sent again.")
    text_by_reason = {
        "ON_ITS_WAY": Text(pl="Ta wiadomość jest jeszcze w drodze.", en="This message is still on its way."),
        "NO_ADDRESS": Text(
            pl="Tej wiadomości nie ma dokąd wysłać: brakuje adresu e-mail lub numeru telefonu.",
            en="There is nowhere to send it: no e-mail address or telephone number.",
        ),
        "OUTDATED": Text(
            pl="Treść jest nieaktualna: wizytę zmieniono albo propozycja straciła ważność.",
            en="What it says is no longer true: the visit has changed since, or the offer is over.",
        ),
    }


class StaffNotFound(Refusal):
    """There is no such colleague."""

    text = Text(pl="Nie ma takiej osoby w zespole.", en="There is no such colleague.")


class StaffAtWork(Refusal):
    """The colleague has already set a password; a colleague who has forgotten it can request a new one."""

    text = Text(
        pl="Ta osoba ma już własne hasło. Jeżeli go nie pamięta, może zamówić nowe na stronie logowania.",
        en="This colleague has a password already. A colleague who forgets it can request a new one at log-in.",
    )


class LastAdministrator(Refusal):
    """The last administrator can be neither removed nor given another role."""

    text = Text(
        pl="To ostatni administrator: musi pozostać ktoś, kto może zapraszać innych.",
        en="This is the last administrator: somebody must remain who can invite others.",
    )


class SecondFactorPresent(Refusal):
    """The account already has a second factor; remove it before setting up another."""

    text = Text(
        pl="Drugi składnik jest już włączony. Aby ustawić inny, trzeba go najpierw usunąć.",
        en="A second factor is already in use. To set up another, remove it first.",
    )


class SecondFactorNotBegun(Refusal):
    """There is no second factor to confirm or to remove."""

    text = Text(
        pl="Nie ma tu drugiego składnika: prosimy najpierw zacząć go ustawiać (`beginSecondFactor`).",
        en="There is no second factor yet: begin to set one up (`beginSecondFactor`).",
    )


class WrongCode(Refusal):
    """The code is wrong or has already been used."""

    text = Text(
        pl="Kod jest błędny albo został już użyty; nic się nie zmieniło.",
        en="The code is wrong or was already used; nothing has changed.",
    )
