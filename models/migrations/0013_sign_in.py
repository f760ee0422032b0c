"""Sign-in: several valid one-time passwords at once, and failures that fade instead of expiring all at once."""

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from uuid6 import uuid7

# The passwords of letters on their way stay valid, as do those of letters that an older process still sends.
MOVE = """
CREATE FUNCTION move_one_time_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO one_time_password (id, account_id, hash, expires_at)
        VALUES (gen_random_uuid(), NEW.id, NEW.one_time_hash, NEW.one_time_expires_at) ON CONFLICT (hash) DO NOTHING;
    NEW.one_time_hash := NULL;
    NEW.one_time_expires_at := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER account_moves_one_time_password BEFORE UPDATE ON account
    FOR EACH ROW WHEN (NEW.one_time_hash IS NOT NULL) EXECUTE FUNCTION move_one_time_password();
UPDATE account SET one_time_hash = one_time_hash WHERE one_time_hash IS NOT NULL;
CREATE INDEX throttle_of_address ON throttle (address_key) WHERE address_key IS NOT NULL;
CREATE INDEX one_time_password_of_account ON one_time_password (account_id);
"""
MOVE_BACK = """
DROP INDEX one_time_password_of_account, throttle_of_address;
DROP TRIGGER account_moves_one_time_password ON account;
DROP FUNCTION move_one_time_password();
"""


class ForgetField(ops.RemoveField):
    """Remove the column from the models only; it stays in the table for older processes that are still running."""

    async def database_forward(self, *_: Any) -> None:
        return

    async def database_backward(self, *_: Any) -> None:
        return


class Migration(migrations.Migration):
    dependencies = [("models", "0012_identity")]

    initial = False

    operations = [
        ops.CreateModel(
            name="OneTimePassword",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "models.Account",
                        source_field="account_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="one_time_passwords",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("hash", fields.CharField(unique=True, max_length=64)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "one_time_password", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Throttle",
            name="address_key",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.RunSQL("DELETE FROM throttle", "DELETE FROM throttle"),  # counting begins anew
        ops.RemoveField(model_name="Throttle", name="failures"),
        ops.AddField(model_name="Throttle", name="failures", field=fields.FloatField()),
        ops.RunSQL(MOVE, MOVE_BACK),
        ForgetField(model_name="Account", name="one_time_hash"),
        ForgetField(model_name="Account", name="one_time_expires_at"),
    ]
