"""Rate counters: unlogged, because after a crash all counters may start again from zero."""

from tortoise import migrations
from tortoise.migrations import operations as ops

RATES = """
CREATE UNLOGGED TABLE rate (key varchar(200) PRIMARY KEY, spent integer NOT NULL, resets_at timestamptz NOT NULL)
    WITH (fillfactor = 50);
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0004_desk_promises")]
    operations = [ops.RunSQL(RATES)]
