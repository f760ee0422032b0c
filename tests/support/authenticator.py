"""A colleague's authenticator app, with its own implementation of RFC 6238."""

import hmac
import struct
from base64 import b32decode
from dataclasses import dataclass, field

from infra import clock
from models.accounts.account import Account
from models.accounts.second_factor import SecondFactor
from models.accounts.session import Session


@dataclass
class Authenticator:
    secret: str
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        """The code that it shows now, or `steps` periods of 30 seconds from now."""
        counter = int(clock.now().timestamp()) // 30 + steps
        digest = hmac.digest(b32decode(self.secret), struct.pack(">Q", counter), "sha1")
        start = digest[-1] & 15
        number: int = struct.unpack(">I", digest[start : start + 4])[0]
        return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


async def set_up_second_factor(account: Account) -> Authenticator:
    """Set up a second factor; the current code is thereby used up."""
    session, _ = await Session.open_for(account)
    secret, _uri = await SecondFactor.begin(account)
    telephone = Authenticator(secret)
    telephone.recovery_codes = await SecondFactor.confirm(account, session, telephone.code())
    return telephone
