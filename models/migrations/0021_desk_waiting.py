"""Desk: why a waiting-list entry ended, and whether a message can inform a patient of an offer."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

INDEX = "CREATE INDEX message_of_offer ON message ((details->>'offer_id')) WHERE details->>'offer_id' IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("models", "0020_desk")]

    initial = False

    operations = [
        ops.AddField(
            model_name="WaitingListEntry", name="end_reason", field=fields.CharField(max_length=500, null=True)
        ),
        ops.RunSQL(INDEX, reverse_sql="DROP INDEX message_of_offer"),
    ]
