"""Retention: old audit entries are deleted in batches, found by their ids, which are ordered by time."""

from tortoise import migrations
from tortoise.migrations import operations as ops

FORGET = """
CREATE OR REPLACE FUNCTION forget_audit_entries(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH oldest AS (SELECT id, at FROM audit_entry ORDER BY id LIMIT 10000),
    gone AS (
        DELETE FROM audit_entry USING oldest
        WHERE audit_entry.id = oldest.id AND oldest.at < least(before, now() - interval '3 years')
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
"""
FORGET_AT_ONCE = """
CREATE OR REPLACE FUNCTION forget_audit_entries(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (DELETE FROM audit_entry WHERE at < least(before, now() - interval '3 years') RETURNING 1)
    SELECT count(*) FROM gone
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0027_roles"), ("models", "0031_waiting_weekdays")]

    initial = False

    operations = [ops.RunSQL(FORGET, reverse_sql=FORGET_AT_ONCE)]
