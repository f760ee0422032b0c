"""Known device (znane urządzenie): a device with earlier log-ins; strangers' failed log-ins do not affect it.

A device keeps a mark for each account that has signed in on it: random bits with our signature (OWASP's device
cookies). The signature covers the account and its current password, so after a new password no device is known.
"""

import hmac
import secrets
from typing import TYPE_CHECKING

from infra import crypto

if TYPE_CHECKING:
    from models.accounts.account import Account

NONCE_BYTES, SIGNATURE_CHARACTERS = 16, 32
MARKS = 10  # at most: a device may be shared by a family or by colleagues at one desk
LONGEST = 1000


def find_mark(kept: str, account: "Account | None") -> str | None:
    """The account's mark among those that the device sends; takes the same time without an account."""
    found = [mark for mark in _split(kept) if hmac.compare_digest(mark, _sign(mark.partition("-")[0], account))]
    return found[0] if found and account else None


def remember(kept: str, account: "Account") -> str:
    """The marks that the device must keep now that the account has signed in with its own password."""
    mine = find_mark(kept, account) or _sign(secrets.token_hex(NONCE_BYTES), account)
    return ".".join([mine, *(mark for mark in _split(kept) if mark != mine)][:MARKS])


def _split(kept: str) -> list[str]:
    marks = kept.split(".") if len(kept) <= LONGEST and kept.isascii() else []
    return [mark for mark in marks[:MARKS] if len(mark) == 2 * NONCE_BYTES + 1 + SIGNATURE_CHARACTERS]


def _sign(nonce: str, account: "Account | None") -> str:
    owner = f"{account.id}/{account.password_hash}" if account else ""
    return f"{nonce}-{crypto.blind_index(f'{nonce}/{owner}', 'known device')[:SIGNATURE_CHARACTERS]}"
