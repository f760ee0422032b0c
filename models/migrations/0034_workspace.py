"""Workspace: the time of each change, so that a save that arrives late does not replace a later one."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0033_lean_bookings")]

    initial = False

    operations = [
        ops.AddField("Workspace", "changed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False))
    ]
