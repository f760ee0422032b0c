"""Refusals about schedules, single slots and offers."""

from infra.text import Text
from models.refusals.refusal import Refusal


class SlotsOverlap(Refusal):
    """The doctor already has slots at this time, in this clinic or another."""

    text = Text(
        pl="Lekarz ma już terminy w tym czasie, w tej lub innej poradni. Nic się nie zmieniło.",
        en="The doctor already has slots at this time, in this clinic or another: they are named. Nothing was changed.",
    )


class SlotsNotFree(Refusal):
    """Some of the slots are not free: they are booked, held for somebody, or kept for the waiting list."""

    text = Text(
        pl="Nie wszystkie z tych terminów są wolne. Nic się nie zmieniło.",
        en="Some of these slots are not free: they are named. Nothing was changed.",
    )


class SlotNotBlocked(Refusal):
    """The slot is not blocked, or it has begun."""

    text = Text(
        pl="Ten termin nie jest zablokowany albo już się rozpoczął.", en="This slot is not blocked, or it has begun."
    )


class ClinicClosed(Refusal):
    """The clinic is closed from a certain day on, and nothing can be planned there from then on. Reopen it first."""

    text = Text(
        pl="Ta poradnia jest zamknięta od {closed_from}: od tego dnia niczego nie można w niej planować.",
        en="This clinic is closed from {closed_from} on: nothing can be planned there from that day.",
    )


class DoctorRetired(Refusal):
    """The doctor sees no patients from a certain day on, and nothing can be planned with them from then on."""

    text = Text(
        pl="Ten lekarz nie przyjmuje od {retired_from}: od tego dnia niczego nie można u niego planować.",
        en="This doctor sees no patients from {retired_from} on: nothing can be planned with them from that day.",
    )


class ClinicNotYours(Refusal):
    """An administrator has limited your work to other clinics."""

    text = Text(
        pl="To należy do poradni spoza ustalonego zakresu pracy; zakres ustala administrator.",
        en="This belongs to a clinic that is not yours: an administrator has limited your work to others.",
    )
    code = "FORBIDDEN"


class ClinicExists(Refusal):
    """There is already a clinic with this name at this address. If this is a different one, set `isAnother`."""

    text = Text(
        pl="Jest już poradnia o tej nazwie pod tym adresem. Jeżeli to inna, prosimy to potwierdzić (`isAnother`).",
        en="There is a clinic of this name at this address. If this is another one, confirm it (`isAnother`).",
    )


class DoctorExists(Refusal):
    """There is already a doctor with this name. If this is a different person, set `isAnother`."""

    text = Text(
        pl="Jest już lekarz o tym imieniu i nazwisku. Jeżeli to inna osoba, prosimy to potwierdzić (`isAnother`).",
        en="There is a doctor of this name. If this is another person, confirm it (`isAnother`).",
    )


class ScheduleNotFound(Refusal):
    """There is no such schedule."""

    text = Text(pl="Nie ma takiego grafiku.", en="There is no such schedule.")


class OfferNotFound(Refusal):
    """There is no such offer, or it is not the patient's own."""

    text = Text(pl="Nie ma takiej propozycji.", en="There is no such offer.")


class OfferOver(Refusal):
    """The offer has already been answered, has lapsed, or has been closed."""

    text = Text(
        pl="Ta propozycja nie jest już aktualna: jest na nią odpowiedź albo minął jej czas. Można wybrać inny termin.",
        en="This offer is over: it was answered, or its time has run out. Another slot can be chosen.",
    )
