"""Results: what each mutation of reception and administration may answer."""

from typing import Annotated

import strawberry

from schema.enrolment import RevealedIdentity
from schema.message import Message
from schema.patient import Patient
from schema.problem import (
    InvalidInput,
    KeyReused,
    SlotNotBookable,
    SlotNotFound,
    SlotTaken,
    TooManyVisits,
    VisitNotChangeable,
    VisitNotFound,
    VisitsOverlap,
)
from schema.staff import StaffMember
from schema.staff_problem import (
    AccountExists,
    LastAdministrator,
    MessageNotFound,
    MessageNotResendable,
    PatientExists,
    PatientNotFound,
    RecordsNotMerged,
    StaffNotFound,
    StatusNotChangeable,
)
from schema.visit import Visit

BookForResult = Annotated[
    Visit | PatientNotFound | SlotNotFound | SlotTaken | SlotNotBookable | VisitsOverlap | TooManyVisits | KeyReused,
    strawberry.union("BookForResult"),
]
RescheduleForResult = Annotated[
    Visit
    | VisitNotFound
    | VisitNotChangeable
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | KeyReused,
    strawberry.union("RescheduleForResult"),
]
CancelForResult = Annotated[Visit | VisitNotFound | VisitNotChangeable | KeyReused, strawberry.union("CancelForResult")]
MarkArrivedResult = Annotated[Visit | VisitNotFound | StatusNotChangeable, strawberry.union("MarkArrivedResult")]
MarkFulfilledResult = Annotated[Visit | VisitNotFound | StatusNotChangeable, strawberry.union("MarkFulfilledResult")]
MarkNoShowResult = Annotated[Visit | VisitNotFound | StatusNotChangeable, strawberry.union("MarkNoShowResult")]
MarkCalledResult = Annotated[Visit | VisitNotFound, strawberry.union("MarkCalledResult")]
ResendMessageResult = Annotated[
    Message | MessageNotFound | MessageNotResendable, strawberry.union("ResendMessageResult")
]
RegisterPatientResult = Annotated[Patient | InvalidInput | PatientExists, strawberry.union("RegisterPatientResult")]
ChangePatientResult = Annotated[
    Patient | InvalidInput | PatientNotFound | RecordsNotMerged, strawberry.union("ChangePatientResult")
]
InvitePatientResult = Annotated[
    Patient | InvalidInput | PatientNotFound | AccountExists, strawberry.union("InvitePatientResult")
]
RevealPeselResult = Annotated[RevealedIdentity | PatientNotFound, strawberry.union("RevealPeselResult")]
InviteStaffResult = Annotated[StaffMember | InvalidInput, strawberry.union("InviteStaffResult")]
RemoveStaffResult = Annotated[StaffMember | StaffNotFound | LastAdministrator, strawberry.union("RemoveStaffResult")]
