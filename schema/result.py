"""Results: what each mutation may answer."""

from typing import Annotated

import strawberry

from schema.account import Accepted, Session
from schema.patient import Patient
from schema.problem import (
    InvalidInput,
    KeyReused,
    OutsideServiceHours,
    SlotNotBookable,
    SlotNotFound,
    SlotTaken,
    TooManyAttempts,
    TooManyVisits,
    VisitNotChangeable,
    VisitNotFound,
    VisitsOverlap,
    WeakPassword,
    WrongCredentials,
)
from schema.slot import SlotHold
from schema.staff_problem import SecondFactorRequired
from schema.visit import Visit

SignUpResult = Annotated[Accepted | InvalidInput | OutsideServiceHours, strawberry.union("SignUpResult")]
LogInResult = Annotated[
    Session | WrongCredentials | TooManyAttempts | SecondFactorRequired, strawberry.union("LogInResult")
]
ChangePasswordResult = Annotated[Session | WrongCredentials | WeakPassword, strawberry.union("ChangePasswordResult")]
UpdateContactResult = Annotated[Patient | WrongCredentials | InvalidInput, strawberry.union("UpdateContactResult")]
CloseAccountResult = Annotated[Accepted | WrongCredentials, strawberry.union("CloseAccountResult")]
HoldSlotResult = Annotated[
    SlotHold | SlotNotFound | SlotTaken | SlotNotBookable | OutsideServiceHours, strawberry.union("HoldSlotResult")
]
BookVisitResult = Annotated[
    Visit
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | KeyReused
    | OutsideServiceHours,
    strawberry.union("BookVisitResult"),
]
RescheduleVisitResult = Annotated[
    Visit
    | VisitNotFound
    | VisitNotChangeable
    | SlotNotFound
    | SlotTaken
    | SlotNotBookable
    | VisitsOverlap
    | TooManyVisits
    | KeyReused
    | OutsideServiceHours,
    strawberry.union("RescheduleVisitResult"),
]
CancelVisitResult = Annotated[
    Visit | VisitNotFound | VisitNotChangeable | KeyReused | OutsideServiceHours, strawberry.union("CancelVisitResult")
]
