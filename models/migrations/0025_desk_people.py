"""Desk: an index finds the records that still lack a number without reading the others."""

from tortoise import migrations
from tortoise.migrations import operations as ops

INDEX = """
CREATE INDEX patient_to_complete ON patient (created_at, id)
    WHERE pesel_index IS NULL AND document_index IS NULL AND identity_confirmed_at IS NULL AND NOT is_claim;
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0024_desk_places")]

    initial = False

    operations = [ops.RunSQL(INDEX, reverse_sql="DROP INDEX patient_to_complete")]
