"""What those who follow events can be refused: as models.refusal."""

from models.refusal import Refusal


class PartnerNotFound(Refusal):
    """There is no such partner."""

    pl = "Nie ma takiego partnera."


class CursorExpired(Refusal):
    """Events since this cursor are kept no longer. Ask `latestEventCursor`, load `freeSlots` anew, go on from there."""

    pl = (
        "Zdarzenia od tego kursora nie są już przechowywane. Pobierz `latestEventCursor`, wczytaj na nowo `freeSlots`"
        " i kontynuuj od tego kursora."
    )
    code = "CURSOR_EXPIRED"


class TooManyStreams(Refusal):
    """You have {limit} subscriptions open, as many as you may. Close one; broken ones end by themselves."""

    pl = "Masz {limit} otwartych subskrypcji, czyli tyle, ile można. Zamknij jedną; zerwane znikną same."
    code = "RATE_LIMITED"


class ChangesMissed(Refusal):
    """Some changes may have been missed. Load `freeSlots` again, then subscribe again."""

    pl = "Niektóre zmiany mogły zostać pominięte. Wczytaj `freeSlots` ponownie i zasubskrybuj jeszcze raz."
    code = "CHANGES_MISSED"
