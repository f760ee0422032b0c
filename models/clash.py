"""What schedules, single slots and offers can be refused for, beside bookings: as models.refusal."""

from models.refusal import Refusal


class SlotsOverlap(Refusal):
    """The doctor already has terms at this time, in this clinic or another: they are named. Nothing was changed."""

    pl = "Lekarz ma już w tym czasie terminy, w tej lub innej poradni: są wskazane. Nic się nie zmieniło."


class SlotsNotFree(Refusal):
    """Some of these terms are not free: they are named. Nothing was changed."""

    pl = "Niektóre z tych terminów nie są wolne: są wskazane. Nic się nie zmieniło."


class OfferNotFound(Refusal):
    """There is no such offer."""

    pl = "Nie ma takiej propozycji."


class OfferOver(Refusal):
    """This offer is over: it was answered, or its time has run out. Another term can be chosen."""

    pl = "Ta propozycja jest już nieaktualna: udzielono odpowiedzi albo minął jej czas. Można wybrać inny termin."
