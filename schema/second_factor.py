"""Second factor: how staff set up a code beside the password, and give it up again."""

import strawberry


@strawberry.type(description="A second factor that waits to be confirmed; shown this once.")
class SecondFactorOffer:
    secret: str = strawberry.field(description="To be typed into an authenticator program (base32).")
    uri: str = strawberry.field(description="The same as an otpauth:// address, for a QR code. Keep it out of logs.")


@strawberry.type(description="The second factor counts from now on.")
class SecondFactorSet:
    recovery_codes: list[str] = strawberry.field(
        description="Each opens one log-in in place of a code. Shown this once: print them, keep them safe."
    )


@strawberry.input(description="The password once more.")
class BeginSecondFactorInput:
    current_password: str = strawberry.field(description="The own password.")


@strawberry.input(description="Proof that the authenticator program works.")
class ConfirmSecondFactorInput:
    code: str = strawberry.field(description="Six digits, as the program shows them now.")


@strawberry.input(description="Password and code once more.")
class RemoveSecondFactorInput:
    current_password: str = strawberry.field(description="The own password.")
    code: str = strawberry.field(description="Six digits, or a recovery code.")


@strawberry.input(description="Who has lost telephone and recovery codes; make sure that it is they who ask.")
class ResetSecondFactorInput:
    staff_member_id: strawberry.ID = strawberry.field(description="A colleague, not yourself.")
