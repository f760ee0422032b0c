"""Patient details: the fields of a record that reception fills in, and their validation."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from infra import clock
from models.accounts.patient import Patient
from models.refusals.refusal import Flaw
from models.values import identity_document, pesel
from models.values.form import Form
from models.values.identity_document import DocumentKind, IdentityDocument, InvalidDocument

OLDEST = date(1900, 1, 1)


@dataclass(frozen=True)
class PatientDetails:
    """The values that reception fills in; None leaves a field unchanged."""

    first_name: str | None = None
    last_name: str | None = None
    pesel: str | None = None
    document: tuple[DocumentKind, str, str] | None = None
    phone: str | None = None
    sms_reminders: bool | None = None
    email: str | None = None
    birth_date: date | None = None
    to_be_completed: bool = False

    def validate(self, *, known: Patient | None) -> dict[str, Any]:
        """The columns to write; InvalidInput names every flaw.

        A new record needs names and a PESEL or document; one to be completed later needs names and a telephone.
        """
        form, columns = Form(), dict[str, Any]()
        for column, field in (("first_name", "firstName"), ("last_name", "lastName")):
            if (name := getattr(self, column)) is not None or known is None:
                columns[column] = form.name(field, name or "")
        if self.pesel is not None:
            number = form.pesel("pesel", self.pesel)
            if number:
                columns |= pesel.to_columns(number)
        if self.document is not None:
            columns |= self._document_columns(form)
        self._add_birth_date(form, columns, known)
        if known is None and self.pesel is None and self.document is None:
            self._check_incomplete(form)
        self._add_contact_columns(form, columns, known)
        if self.email is not None:
            form.email("email", self.email)
        form.raise_if_flawed()
        return columns

    def _check_incomplete(self, form: Form) -> None:
        """Without a number there is no account, and only the telephone identifies the caller."""
        if not self.to_be_completed:
            form.add_flaw("document", "REQUIRED")
        elif not self.phone:
            form.add_flaw("phone", "REQUIRED")
        if self.to_be_completed and self.email is not None:
            form.add_flaw("email", "NOT_AVAILABLE")

    def _add_birth_date(self, form: Form, columns: dict[str, Any], known: Patient | None) -> None:
        """A PESEL already contains the birth date: a different one is a mistake."""
        if self.birth_date is None:
            return
        number, index = self.pesel or (known.pesel if known else ""), pesel.birth_date_index(self.birth_date)
        if not OLDEST <= self.birth_date <= clock.today():
            form.add_flaw("birthDate", "OUT_OF_RANGE", OLDEST, clock.today())
        elif not number:
            columns |= pesel.birth_date_columns(self.birth_date)
        elif index != columns.get("birth_date_index", known and known.birth_date_index):
            form.add_flaw("birthDate", "NOT_AVAILABLE")

    def _document_columns(self, form: Form) -> dict[str, Any]:
        try:
            found = IdentityDocument.parse(*(self.document or (DocumentKind.PASSPORT, "", "")))
        except InvalidDocument as problem:
            form.flaws.append(Flaw(("document", str(problem)), "MALFORMED"))
            return {}
        return {
            "document_sealed": found.encrypt(),
            "document_index": found.index,
            "document_number_index": identity_document.number_index(found.number),
        }

    def _add_contact_columns(self, form: Form, columns: dict[str, Any], known: Patient | None) -> None:
        """SMS reminders need a mobile number; otherwise any telephone number will do."""
        if known and self.phone is None and self.sms_reminders is None:
            return
        wants_texts = bool(known and known.sms_reminders) if self.sms_reminders is None else self.sms_reminders
        if self.sms_reminders is not None or known is None:
            columns["sms_reminders"] = wants_texts
        text = self.phone if self.phone is not None else ((known and known.phone) or "")
        number = form.mobile("phone", text, required=True) if wants_texts else form.phone("phone", text)
        if self.phone is not None or known is None:
            columns["phone"] = number
