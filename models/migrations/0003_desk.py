"""What the reception desk adds to the tables (written by Tortoise)."""

# ruff: noqa: E501, I001 - as Tortoise wrote it
from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("models", "0002_promises")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Account",
            name="staff_name",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AddField(
            model_name="AuditEntry",
            name="override_reason",
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddField(
            model_name="AuditEntry",
            name="passed_over",
            field=fields.CharField(null=True, max_length=200),
        ),
        ops.AlterField(
            model_name="Message",
            name="kind",
            field=fields.CharField(
                description="ACCOUNT_OPENED: account_opened\nADDRESS_TRIED: address_tried\nNEW_PASSWORD: new_password\nPASSWORD_CHANGED: password_changed\nCONTACT_CHANGED: contact_changed\nACCOUNT_CLOSED: account_closed\nSTAFF_INVITED: staff_invited\nVISIT_BOOKED: visit_booked\nVISIT_MOVED: visit_moved\nVISIT_CANCELLED: visit_cancelled\nVISIT_REMINDER: visit_reminder",
                max_length=30,
            ),
        ),
        ops.AddField(
            model_name="Message",
            name="settled_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AlterField(
            model_name="Patient",
            name="phone",
            field=fields.CharField(null=True, db_index=True, max_length=20),
        ),
        ops.AddField(
            model_name="Patient",
            name="document_index",
            field=fields.CharField(null=True, unique=True, max_length=64),
        ),
        ops.AddField(
            model_name="Patient",
            name="document_number_index",
            field=fields.CharField(null=True, db_index=True, max_length=64),
        ),
        ops.AddField(
            model_name="Patient",
            name="document_sealed",
            field=fields.BinaryField(null=True),
        ),
        ops.AlterModelOptions(
            name="Visit",
            options={"table": "visit", "app": "models", "pk_attr": "id"},
        ),
        ops.AddField(
            model_name="VisitChange",
            name="channel",
            field=fields.CharField(
                null=True,
                description="ONLINE: ONLINE\nPHONE: PHONE\nRECEPTION: RECEPTION\nPARTNER: PARTNER",
                max_length=10,
            ),
        ),
        ops.AddField(
            model_name="VisitChange",
            name="override_reason",
            field=fields.CharField(null=True, max_length=500),
        ),
    ]
