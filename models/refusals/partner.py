"""Refusals that administrators of partners and subscribers to events can meet."""

from infra.text import Text
from models.refusals.refusal import Refusal


class PartnerNotFound(Refusal):
    """There is no such partner, or it has been removed."""

    text = Text(pl="Nie ma takiego partnera.", en="There is no such partner.")


class CursorExpired(Refusal):
    """Events since this cursor are no longer kept."""

    text = Text(
        pl="Zdarzenia od tego kursora nie są już przechowywane. Prosimy pobrać `latestEventCursor`, ponownie wczytać"
        " `freeSlots` i kontynuować od nowego kursora.",
        en="Events since this cursor are no longer kept. Query `latestEventCursor`, load `freeSlots` again and continue"
        " from that cursor.",
    )
    code = "CURSOR_EXPIRED"


class TooManyStreams(Refusal):
    """The caller already has the maximum number of open subscriptions."""

    text = Text(
        pl="Liczba otwartych subskrypcji osiągnęła limit: {limit}. Prosimy zamknąć jedną; zerwane znikną same.",
        en="You have {limit} subscriptions open, which is the limit. Close one; broken ones end by themselves.",
    )
    code = "RATE_LIMITED"


class ChangesMissed(Refusal):
    """Some changes may not have reached the subscriber."""

    text = Text(
        pl="Niektóre zmiany mogły zostać pominięte. Prosimy ponownie wczytać `freeSlots` i zasubskrybować zmiany.",
        en="Some changes may have been missed. Load `freeSlots` again, then subscribe again.",
    )
    code = "CHANGES_MISSED"
