"""Waiting list: the days of the week on which the slot may be."""

from tortoise import migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.migrations import operations as ops

# Monday is 1. All seven days are written as NULL, so that the same wish is always the same row.
CHECK = """
ALTER TABLE waiting_list_entry ADD CONSTRAINT waiting_list_entry_weekdays
    CHECK (weekdays <@ '{1,2,3,4,5,6,7}' AND cardinality(weekdays) BETWEEN 1 AND 6)
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0028_bookings")]

    initial = False

    operations = [
        ops.AddField("WaitingListEntry", "weekdays", ArrayField(element_type="int", null=True)),
        ops.RunSQL(CHECK, reverse_sql="ALTER TABLE waiting_list_entry DROP CONSTRAINT waiting_list_entry_weekdays"),
    ]
