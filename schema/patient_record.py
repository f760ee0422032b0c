"""Patient record: the inputs and results of creating and correcting records, and of giving them an account."""

from datetime import date
from typing import Annotated, Any

import strawberry

from models.accounts.account import Language
from models.accounts.patient_record import PatientDetails
from models.values.identity_document import DocumentKind, SeenDocument
from schema.input_text import optional_text
from schema.patient import Patient
from schema.problems.booking import InvalidInput
from schema.problems.desk import (
    AccountExists,
    AddressInUse,
    IdentityNotConfirmed,
    NoAccount,
    PatientExists,
    PatientIncomplete,
    PatientNotFound,
    RecordsNotMerged,
    RecordsOverlap,
)
from schema.reading_audit import Shown
from schema.scalars import private_id


@strawberry.input(description="The identity document of a person without a PESEL.")
class IdentityDocumentInput:
    kind: DocumentKind = strawberry.field(description="The kind of document.")
    country: str = strawberry.field(description="The issuing country: two letters (ISO 3166-1), such as `UA`.")
    number: str = strawberry.field(
        description="The number as printed: 4 to 30 letters (A-Z) and digits. Spaces, dashes, slashes, full stops and"
        " case do not matter."
    )

    def to_model(self) -> tuple[DocumentKind, str, str]:
        return self.kind, self.country, self.number


@strawberry.input(
    description="A person without a record. A PESEL or an identity document is required, unless the record is to be"
    " completed later."
)
class RegisterPatientInput:
    first_name: str = strawberry.field(description="Given name, at most 100 characters.")
    last_name: str = strawberry.field(description="Surname, at most 100 characters.")
    pesel: str | None = strawberry.field(
        default=None, description="The PESEL number: eleven digits with a valid checksum."
    )
    document: IdentityDocumentInput | None = strawberry.field(
        default=None, description="The identity document, if there is no PESEL."
    )
    phone: str | None = strawberry.field(
        default=None, description="A telephone number; a mobile number is required for SMS reminders."
    )
    sms_reminders: bool = strawberry.field(
        default=False, description="Whether the patient wants an SMS on the day before each visit."
    )
    email: str | None = strawberry.field(
        default=None,
        description="The patient's own e-mail address. If given, an account is opened too, and its login and one-time"
        " password are sent there.",
    )
    language: Language = strawberry.field(default=Language.PL, description="The language of e-mails and text messages.")
    identity_seen: SeenDocument | None = strawberry.field(
        default=None,
        description="The document that you have just seen, if the person is at the desk: the record is confirmed at"
        " once. If omitted, as on the telephone, it stays unconfirmed (`confirmIdentity`).",
    )

    to_be_completed: bool = strawberry.field(
        default=False,
        description="For a person who telephones and has neither a PESEL nor a document at hand: the name and `phone`"
        " are enough, and the record is listed in `patientsToComplete` until `changePatient` adds the PESEL or"
        " document. The person cannot have an account until then.",
    )
    birth_date: date | None = strawberry.field(
        default=None, description="The birth date of a person without a PESEL: from 1900 to today."
    )

    def to_model(self) -> PatientDetails:
        return PatientDetails(
            first_name=self.first_name,
            last_name=self.last_name,
            pesel=self.pesel,
            document=self.document.to_model() if self.document else None,
            phone=self.phone,
            sms_reminders=self.sms_reminders,
            email=self.email,
            birth_date=self.birth_date,
            to_be_completed=self.to_be_completed,
        )


@strawberry.input(description="Corrections to a record. Fields that are omitted or null stay as they are.")
class ChangePatientInput:
    patient_id: strawberry.ID = strawberry.field(description="The patient whose record is corrected.")
    first_name: str | None = strawberry.field(default=None, description="Given name, 1 to 100 characters.")
    last_name: str | None = strawberry.field(default=None, description="Surname, 1 to 100 characters.")
    pesel: str | None = strawberry.field(
        default=None, description="The PESEL number, if it has since been assigned or corrected."
    )
    document: IdentityDocumentInput | None = strawberry.field(
        default=None, description="A new identity document; it replaces the current one."
    )
    phone: str | None = strawberry.field(
        default=None, description='A telephone number; an empty string ("") removes it.'
    )
    sms_reminders: bool | None = strawberry.field(
        default=None,
        description="Whether the patient wants an SMS on the day before each visit; needs a mobile number.",
    )

    birth_date: date | None = strawberry.field(
        default=None, description="The birth date of a person without a PESEL: from 1900 to today."
    )

    def to_model(self) -> PatientDetails:
        return PatientDetails(
            first_name=self.first_name,
            last_name=self.last_name,
            pesel=self.pesel,
            document=self.document.to_model() if self.document else None,
            phone=self.phone,
            sms_reminders=self.sms_reminders,
            birth_date=self.birth_date,
        )


@strawberry.input(description="Two records of one person.")
class MarkDoubleInput:
    patient_id: strawberry.ID = strawberry.field(description="The record that is no longer to be used.")
    double_of_id: strawberry.ID = strawberry.field(
        description="The record to use instead, which must not be a double itself."
    )

    def to_model(self) -> dict[str, Any]:
        ids = (private_id("Patient", id_) for id_ in (self.patient_id, self.double_of_id))
        return dict(zip(("patient_id", "original_id"), ids, strict=True))


@strawberry.input(description="The record that is not a double after all.")
class UnmarkDoubleInput:
    patient_id: strawberry.ID = strawberry.field(description="The record.")

    def to_model(self) -> dict[str, Any]:
        return {"patient_id": private_id("Patient", self.patient_id)}


@strawberry.input(description="The patient who gets an account.")
class InvitePatientInput:
    patient_id: strawberry.ID = strawberry.field(description="A patient who has no open account.")
    email: str = strawberry.field(
        description="The patient's own e-mail address: the login, and where the one-time password is sent."
    )
    language: Language = strawberry.field(default=Language.PL, description="The language of e-mails and text messages.")

    def to_model(self) -> dict[str, Any]:
        return {
            "patient_id": private_id("Patient", self.patient_id),
            "email": self.email,
            "language": self.language,
        }


@strawberry.input(
    description="The account whose e-mail address was mistyped, or whose owner no longer has access to it."
)
class ReplacePatientEmailInput:
    patient_id: strawberry.ID = strawberry.field(description="A patient with an account.")
    email: str = strawberry.field(description="The patient's own e-mail address, which becomes the login.")
    reason: str | None = strawberry.field(
        default=None,
        description="The reason, for the audit trail: at most 500 characters. Required from administrators once the"
        " owner has set a password.",
    )

    def to_model(self) -> dict[str, Any]:
        return {
            "patient_id": private_id("Patient", self.patient_id),
            "email": self.email,
            "reason": optional_text("reason", self.reason),
        }


@strawberry.input(description="The person whose document you have seen.")
class ConfirmIdentityInput:
    patient_id: strawberry.ID = strawberry.field(
        description="The person's record, or the record that belongs to their account: the two become one."
    )
    seen: SeenDocument = strawberry.field(description="The document that you have seen.")

    def to_model(self) -> dict[str, Any]:
        return {"patient_id": private_id("Patient", self.patient_id), "seen": self.seen}


@strawberry.input(description="The patient whose full numbers are shown.")
class RevealPeselInput:
    patient_id: strawberry.ID = strawberry.field(
        description="The patient. They can see in their `accessLog` that the numbers were read."
    )

    def to_model(self) -> dict[str, Any]:
        return {"patient_id": private_id("Patient", self.patient_id)}


@strawberry.type(description="The unmasked numbers by which a person is identified. Only for reception.")
class RevealedIdentity:
    patient: Patient = strawberry.field(description="The patient to whom the numbers belong.")
    pesel: str | None = strawberry.field(description="The PESEL, eleven digits; null if there is none.")
    document_number: str | None = strawberry.field(
        description="The number of the identity document; null if there is none."
    )

    def shown(self) -> Shown:
        return self.patient.shown()


RegisterPatientResult = Annotated[Patient | InvalidInput | PatientExists, strawberry.union("RegisterPatientResult")]
ChangePatientResult = Annotated[
    Patient | InvalidInput | PatientNotFound | RecordsNotMerged | IdentityNotConfirmed,
    strawberry.union("ChangePatientResult"),
]
InvitePatientResult = Annotated[
    Patient | InvalidInput | PatientNotFound | AccountExists | PatientIncomplete,
    strawberry.union("InvitePatientResult"),
]
ReplacePatientEmailResult = Annotated[
    Patient | InvalidInput | PatientNotFound | NoAccount | AddressInUse, strawberry.union("ReplacePatientEmailResult")
]
MarkDoubleResult = Annotated[Patient | InvalidInput | PatientNotFound, strawberry.union("MarkDoubleResult")]
UnmarkDoubleResult = Annotated[Patient | PatientNotFound, strawberry.union("UnmarkDoubleResult")]
ConfirmIdentityResult = Annotated[
    Patient | PatientNotFound | RecordsOverlap | PatientIncomplete, strawberry.union("ConfirmIdentityResult")
]
RevealPeselResult = Annotated[RevealedIdentity | PatientNotFound, strawberry.union("RevealPeselResult")]
