"""Results: what each mutation of a second factor may answer."""

from typing import Annotated

import strawberry

from schema.account import Accepted
from schema.problem import TooManyAttempts, WrongCredentials
from schema.second_factor import SecondFactorOffer, SecondFactorSet
from schema.staff import StaffMember
from schema.staff_problem import SecondFactorNotBegun, SecondFactorPresent, StaffNotFound, WrongCode

BeginSecondFactorResult = Annotated[
    SecondFactorOffer | WrongCredentials | SecondFactorPresent, strawberry.union("BeginSecondFactorResult")
]
ConfirmSecondFactorResult = Annotated[
    SecondFactorSet | WrongCode | SecondFactorNotBegun | TooManyAttempts, strawberry.union("ConfirmSecondFactorResult")
]
RemoveSecondFactorResult = Annotated[
    Accepted | WrongCredentials | WrongCode | SecondFactorNotBegun | TooManyAttempts,
    strawberry.union("RemoveSecondFactorResult"),
]
ResetSecondFactorResult = Annotated[StaffMember | StaffNotFound, strawberry.union("ResetSecondFactorResult")]
