"""Audit: an entry's object and changes, the patients shown on a page of a list, and how long entries are kept."""

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.migrations import operations as ops

INDEX = "CREATE INDEX audit_entry_of_patients ON audit_entry USING gin (patient_ids) WHERE patient_ids IS NOT NULL"

# Nobody, not even the owner of the tables, can delete an entry for three years, the shortest time in which it may be
# needed (limitation of claims, art. 118 of the Civil Code). The runtime role may not delete; it calls the function.
KEPT = """
CREATE FUNCTION refuse_early_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.at > now() - interval '3 years' THEN
        RAISE EXCEPTION 'Rows of % are never removed early.', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN OLD;
END $$;
DROP TRIGGER audit_entry_append_only ON audit_entry;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_early_removal();
CREATE FUNCTION forget_audit_entries(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH gone AS (DELETE FROM audit_entry WHERE at < least(before, now() - interval '3 years') RETURNING 1)
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION forget_audit_entries FROM PUBLIC;
"""
KEPT_FOR_EVER = """
DROP FUNCTION forget_audit_entries;
DROP TRIGGER audit_entry_kept ON audit_entry;
DROP FUNCTION refuse_early_removal;
DROP TRIGGER audit_entry_append_only ON audit_entry;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0025_desk_people")]

    initial = False

    operations = [
        ops.AddField("AuditEntry", "subject_kind", fields.CharField(max_length=30, null=True)),
        ops.AddField("AuditEntry", "changes", fields.JSONField(null=True)),
        ops.AddField("AuditEntry", "list_name", fields.CharField(max_length=100, null=True)),
        ops.AddField("AuditEntry", "patient_ids", ArrayField(element_type="uuid", null=True)),
        ops.RunSQL(INDEX, reverse_sql="DROP INDEX audit_entry_of_patients"),
        ops.RunSQL(KEPT, reverse_sql=KEPT_FOR_EVER),
    ]
