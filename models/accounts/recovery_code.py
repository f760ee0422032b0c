"""Recovery code (kod zapasowy): good once in place of a code of the second factor, for who has lost the telephone."""

import secrets
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from models import seal
from models.password import ALPHABET
from models.spelling import folded

if TYPE_CHECKING:
    from models.account import Account

AT_ONCE, GROUPS = 8, 6  # 118 random bits each: a plain hash of them cannot be searched (ASVS 5.0, 6.5.2)


class RecoveryCode(Model):
    id = fields.UUIDField(primary_key=True, default=uuid7)
    account: fields.ForeignKeyRelation["Account"] = fields.ForeignKeyField(
        "models.Account", related_name="recovery_codes"
    )
    hash = fields.CharField(64, unique=True)

    class Meta:
        table = "recovery_code"

    @classmethod
    async def renew(cls, account_id: UUID) -> list[str]:
        """New ones in place of all earlier ones; only their hashes are kept."""
        codes = ["-".join(_letters() for _ in range(GROUPS)) for _ in range(AT_ONCE)]
        await cls.filter(account_id=account_id).delete()
        await cls.bulk_create([cls(account_id=account_id, hash=_hash(code)) for code in codes])
        return codes

    @classmethod
    async def spend(cls, account_id: UUID, code: str) -> bool:
        return bool(await cls.filter(account_id=account_id, hash=_hash(code)).delete())


def _letters() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(4))


def _hash(code: str) -> str:
    """Typed from paper: case, spaces and dashes do not matter."""
    return seal.token_hash("".join(folded(code[:200]).replace("-", "").split()))
