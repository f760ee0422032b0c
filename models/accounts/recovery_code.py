"""Recovery code (kod zapasowy): used instead of a second-factor code if the telephone is lost; each works once."""

import secrets
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from infra import crypto
from infra.transliteration import fold
from models.accounts.password import ALPHABET

if TYPE_CHECKING:
    from models.accounts.account import Account

COUNT, GROUPS = 8, 6  # 118 random bits each: even a plain hash resists brute force (ASVS 5.0, 6.5.2)


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
        """Replace all earlier codes with new ones; only hashes are stored."""
        codes = ["-".join(_group() for _ in range(GROUPS)) for _ in range(COUNT)]
        await cls.filter(account_id=account_id).delete()
        await cls.bulk_create([cls(account_id=account_id, hash=_hash(code)) for code in codes])
        return codes

    @classmethod
    async def use(cls, account_id: UUID, code: str) -> bool:
        return bool(await cls.filter(account_id=account_id, hash=_hash(code)).delete())


def _group() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(4))


def _hash(code: str) -> str:
    """Hash the code without case, spaces and dashes, because codes are typed from paper."""
    return crypto.hash_token("".join(fold(code[:200]).replace("-", "").split()))
