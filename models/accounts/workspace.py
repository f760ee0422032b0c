"""Workspace (pulpit): what a colleague has open at the desk, kept encrypted until the session ends."""

from datetime import datetime

from tortoise import fields
from tortoise.models import Model
from uuid6 import uuid7

from infra import crypto, database
from models.accounts.session import Session

PURPOSE, MAX_BYTES = "workspace", 64 * 1024

_KEEP = """
    INSERT INTO workspace (id, session_id, sealed, changed_at)
    SELECT :id::uuid, session.id, :sealed::bytea, :changed_at::timestamptz FROM session
    WHERE session.id = :session_id::uuid AND session.ended_at IS NULL
    ON CONFLICT (session_id) DO UPDATE SET sealed = EXCLUDED.sealed, changed_at = EXCLUDED.changed_at
    WHERE (workspace.changed_at <= EXCLUDED.changed_at) IS NOT FALSE
"""


class Workspace(Model):
    """A trigger deletes the row when the session ends."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    session: fields.OneToOneRelation[Session] = fields.OneToOneField("models.Session", related_name="workspace")
    sealed = fields.BinaryField()
    changed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "workspace"

    @classmethod
    async def find(cls, session: Session) -> str | None:
        kept = await cls.get_or_none(session_id=session.id)
        try:
            return (crypto.decrypt(kept.sealed, PURPOSE) or None) if kept else None
        except crypto.InvalidToken:
            return None  # stored before the secret key was rotated

    @classmethod
    async def keep(cls, session: Session, content: str, changed_at: datetime | None = None) -> bool:
        """Replace the stored content, unless its `changed_at` is later; False if the new content is too long.

        Empty content is stored, too, so that an earlier save that arrives later cannot replace it.
        """
        if len(content.encode(errors="surrogatepass")) > MAX_BYTES:
            return False
        sealed = crypto.encrypt(content.encode(errors="replace").decode(), PURPOSE)
        row = {"id": uuid7(), "session_id": session.id, "sealed": sealed, "changed_at": changed_at}
        await database.fetch(_KEEP, row)
        return True
