"""Second factor (a code besides the password): the inputs and results of setting it up, removing and resetting it."""

from io import BytesIO
from typing import Annotated, Any

import segno
import strawberry

from schema.account import Accepted
from schema.problems.booking import TooManyAttempts, WrongCredentials
from schema.problems.desk import SecondFactorNotBegun, SecondFactorPresent, StaffNotFound, WrongCode
from schema.scalars import private_id
from schema.staff import StaffMember


@strawberry.type(description="A second factor that is waiting for confirmation. It is shown only once.")
class SecondFactorOffer:
    secret: str = strawberry.field(
        description="The secret in base32, to type into an authenticator app (TOTP, RFC 6238: SHA-1, 6 digits, 30 s)."
    )
    uri: str = strawberry.field(
        description="The same secret as an `otpauth://` URI, to show as a QR code. It must not get into logs."
    )

    @strawberry.field(description="`uri` as a QR code: an SVG document, black on white. It must not get into logs.")
    def qr_code(self) -> str:
        drawn = BytesIO()
        segno.make_qr(self.uri).save(drawn, kind="svg", xmldecl=False, scale=4, border=4, light="white")
        return drawn.getvalue().decode()


@strawberry.type(description="The second factor is set up: `logIn` asks for a code from now on.")
class SecondFactorSet:
    recovery_codes: list[str] = strawberry.field(
        description="Recovery codes: each can be used once in place of a code. They are shown only once: print them and"
        " keep them safe."
    )


@strawberry.input(description="The password, to confirm that a second factor is to be set up.")
class BeginSecondFactorInput:
    current_password: str = strawberry.field(description="The current password.")


@strawberry.input(description="The proof that the authenticator app works.")
class ConfirmSecondFactorInput:
    code: str = strawberry.field(description="The six digits that the app shows now.")

    def to_model(self) -> dict[str, Any]:
        return {"code": self.code}


@strawberry.input(description="The password and a code, to confirm that the second factor is to be removed.")
class RemoveSecondFactorInput:
    current_password: str = strawberry.field(description="The current password.")
    code: str = strawberry.field(description="The six digits that the app shows now, or a recovery code.")

    def to_model(self) -> dict[str, Any]:
        return {"code": self.code}


@strawberry.input(
    description="The colleague who has lost their telephone and recovery codes. First verify who is asking."
)
class ResetSecondFactorInput:
    staff_member_id: strawberry.ID = strawberry.field(description="A colleague other than yourself.")

    def to_model(self) -> dict[str, Any]:
        return {"account_id": private_id("StaffMember", self.staff_member_id)}


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
