"""An index on failed messages, so that an operator's check does not scan the outbox."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0005_rates")]
    operations = [ops.RunSQL("CREATE INDEX message_failed ON message (created_at) WHERE state = 'failed'")]
