"""A constant encrypted with SECRET_KEY, by which a wrong key is detected at start-up."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0015_truth")]

    initial = False

    operations = [
        ops.RunSQL(
            "CREATE TABLE key_check (id smallint PRIMARY KEY CHECK (id = 1), sealed bytea NOT NULL)",
            reverse_sql="DROP TABLE key_check",
        )
    ]
