"""A colleague's telephone with an authenticator program, by its own reckoning of RFC 6238."""

import hmac
import struct
from base64 import b32decode
from dataclasses import dataclass, field

from models import clock
from models.account import Account
from models.second_factor import SecondFactor
from models.session import Session


@dataclass
class Telephone:
    secret: str
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        """What it shows now, or so many times 30 seconds from now."""
        counter = int(clock.now().timestamp()) // 30 + steps
        digest = hmac.digest(b32decode(self.secret), struct.pack(">Q", counter), "sha1")
        start = digest[-1] & 15
        number: int = struct.unpack(">I", digest[start : start + 4])[0]
        return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


async def set_up(account: Account) -> Telephone:
    """A second factor in use from now on; the code of this moment is spent."""
    session, _ = await Session.open_for(account)
    secret, _uri = await SecondFactor.begin(account)
    telephone = Telephone(secret)
    telephone.recovery_codes = await SecondFactor.confirm(account, session, telephone.code())
    return telephone
