"""Desk: who changed a visit, outcomes of calls, doubles, places that close, work limited to clinics."""

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from uuid6 import uuid7

PROMISES = """
ALTER TABLE phone_call ADD CONSTRAINT phone_call_again CHECK (again_at IS NULL OR outcome <> 'REACHED');
CREATE INDEX phone_call_of_visit ON phone_call (visit_id, at);
ALTER TABLE patient ADD CONSTRAINT patient_double FOREIGN KEY (double_of_id) REFERENCES patient (id);
ALTER TABLE patient ADD CONSTRAINT patient_double_of_another CHECK (double_of_id <> id);
CREATE INDEX patient_double ON patient (double_of_id) WHERE double_of_id IS NOT NULL;
"""
# A trigger deletes the workspace, whichever code path ends its session.
FORGET = """
CREATE FUNCTION forget_workspace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM workspace WHERE session_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER session_ended AFTER UPDATE OF ended_at ON session FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION forget_workspace();
"""
FORGET_NO_MORE = "DROP TRIGGER session_ended ON session; DROP FUNCTION forget_workspace()"
NO_PROMISES = """
DROP INDEX patient_double;
ALTER TABLE patient DROP CONSTRAINT patient_double_of_another;
ALTER TABLE patient DROP CONSTRAINT patient_double;
DROP INDEX phone_call_of_visit;
ALTER TABLE phone_call DROP CONSTRAINT phone_call_again;
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0019_portal")]

    initial = False

    operations = [
        ops.AddField(model_name="VisitChange", name="account_id", field=fields.UUIDField(null=True)),
        ops.CreateModel(
            name="PhoneCall",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "change",
                    fields.OneToOneField(
                        "models.VisitChange",
                        source_field="change_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="call",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "visit",
                    fields.ForeignKeyField(
                        "models.Visit",
                        source_field="visit_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="calls",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("outcome", fields.CharField(max_length=20)),
                ("again_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "phone_call", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.AddField(model_name="Patient", name="double_of_id", field=fields.UUIDField(null=True)),
        ops.AddField(model_name="Patient", name="birth_date_sealed", field=fields.BinaryField(null=True)),
        ops.AddField(model_name="Clinic", name="closed_from", field=fields.DateField(null=True)),
        ops.AddField(model_name="Doctor", name="retired_from", field=fields.DateField(null=True)),
        ops.AddField(model_name="Account", name="clinic_ids", field=ArrayField(element_type="UUID", null=True)),
        ops.CreateModel(
            name="Workspace",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "session",
                    fields.OneToOneField(
                        "models.Session",
                        source_field="session_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="workspace",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("sealed", fields.BinaryField()),
            ],
            options={"table": "workspace", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL(PROMISES, reverse_sql=NO_PROMISES),
        ops.RunSQL(FORGET, reverse_sql=FORGET_NO_MORE),
    ]
