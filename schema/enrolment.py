"""Enrolment: the forms in which reception opens a patient's record, corrects it and gives it an account."""

import strawberry

from models.account import Language
from models.document import Kind
from models.enrolment import Entry
from schema.patient import Patient


@strawberry.input(description="What a person without a PESEL shows.")
class IdentityDocumentInput:
    kind: Kind = strawberry.field(description="Which sort of document.")
    country: str = strawberry.field(description="Who issued it: two letters, ISO 3166-1, UA.")
    number: str = strawberry.field(description="As printed; spaces, dashes and case do not matter.")


def _document(given: IdentityDocumentInput | None) -> tuple[Kind, str, str] | None:
    return (given.kind, given.country, given.number) if given else None


@strawberry.input(description="A person who asks at reception or by telephone; a PESEL or a document is needed.")
class RegisterPatientInput:
    first_name: str = strawberry.field(description="Given name, at most 100 characters.")
    last_name: str = strawberry.field(description="Surname, at most 100 characters.")
    pesel: str | None = strawberry.field(default=None, description="Eleven digits.")
    document: IdentityDocumentInput | None = strawberry.field(default=None, description="When there is no PESEL.")
    phone: str | None = strawberry.field(default=None, description="Any telephone; a mobile one for SMS reminders.")
    sms_reminders: bool = strawberry.field(default=False, description="An SMS the day before a visit.")
    email: str | None = strawberry.field(
        default=None, description="Opens an account, too: login and one-time password are mailed there."
    )
    language: Language = strawberry.field(default=Language.PL, description="Of the account's letters and texts.")

    def entry(self) -> Entry:
        return Entry(
            first_name=self.first_name,
            last_name=self.last_name,
            pesel=self.pesel,
            document=_document(self.document),
            phone=self.phone,
            sms_reminders=self.sms_reminders,
            email=self.email,
        )


@strawberry.input(description="What to correct; what is left out stays.")
class ChangePatientInput:
    patient_id: strawberry.ID = strawberry.field(description="Whose record.")
    first_name: str | None = strawberry.field(default=None, description="Given name.")
    last_name: str | None = strawberry.field(default=None, description="Surname.")
    pesel: str | None = strawberry.field(default=None, description="Assigned or corrected since.")
    document: IdentityDocumentInput | None = strawberry.field(default=None, description="A new document.")
    phone: str | None = strawberry.field(default=None, description='Any telephone; "" removes it.')
    sms_reminders: bool | None = strawberry.field(default=None, description="An SMS the day before a visit.")

    def entry(self) -> Entry:
        return Entry(
            first_name=self.first_name,
            last_name=self.last_name,
            pesel=self.pesel,
            document=_document(self.document),
            phone=self.phone,
            sms_reminders=self.sms_reminders,
        )


@strawberry.input(description="Invite a patient to e-registration.")
class InvitePatientInput:
    patient_id: strawberry.ID = strawberry.field(description="Whose record; without an open account.")
    email: str = strawberry.field(description="An address of the patient's own, as they say it.")
    language: Language = strawberry.field(default=Language.PL, description="Of letters and texts.")


@strawberry.input(description="Whose number must be seen whole.")
class RevealPeselInput:
    patient_id: strawberry.ID = strawberry.field(description="They will see in their accessLog that it was.")


@strawberry.type(description="The whole numbers that a person is known by; for reception's eyes.")
class RevealedIdentity:
    patient: Patient = strawberry.field(description="Whose they are.")
    pesel: str | None = strawberry.field(description="Eleven digits; null without one.")
    document_number: str | None = strawberry.field(description="Of the document; null without one.")
