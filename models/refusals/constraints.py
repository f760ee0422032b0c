"""Maps violated database constraints to refusals; a violation of any other constraint is an internal error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tortoise.exceptions import IntegrityError

from models.refusals.booking import VisitsOverlap
from models.refusals.desk import AccountExists, PatientExists
from models.refusals.refusal import InvalidInput, Refusal
from models.refusals.schedule import SlotsOverlap


def _not_available(field: str) -> Callable[[], InvalidInput]:
    return lambda: InvalidInput.of_field(field, "NOT_AVAILABLE")


REFUSALS: dict[str, Callable[[], Refusal]] = {
    "account_email_key_key": _not_available("email"),
    "doctor_licence_key": _not_available("licence"),
    "account_patient_id_key": AccountExists,
    "patient_pesel_index_key": PatientExists,
    "patient_document_index_key": PatientExists,
    "slot_doctor_overlap": SlotsOverlap,
    "visit_patient_overlap": VisitsOverlap,
}


def constraint_name(error: BaseException) -> str | None:
    """The violated constraint named by the driver's error, or by the ORM's error around it; None for other errors."""
    driver_error = error.args[0] if isinstance(error, IntegrityError) else error
    name: str | None = getattr(driver_error, "constraint_name", None)
    return name


def find_refusal(error: BaseException) -> Refusal | None:
    """The refusal that this error means, or None; the caller finds the conflicting row and adds it."""
    refuse = REFUSALS.get(constraint_name(error) or "")
    return refuse() if refuse else None


@contextmanager
def raise_refusals() -> Iterator[None]:
    """Raise the refusal that a violated constraint means; for constraints whose refusal needs no details."""
    try:
        yield
    except IntegrityError as broken:
        raise find_refusal(broken) or broken from None
