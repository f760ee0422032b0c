from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid6 import uuid7
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0006_failed_messages')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Absence',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('doctor', fields.ForeignKeyField('models.Doctor', source_field='doctor_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('starts_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ends_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('reason', fields.CharField(max_length=500)),
                ('reported_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'absence', 'app': 'models', 'pk_attr': 'id'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Offer',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('patient', fields.ForeignKeyField('models.Patient', source_field='patient_id', db_constraint=True, to_field='id', related_name='offers', on_delete=OnDelete.RESTRICT)),
                ('slot', fields.ForeignKeyField('models.Slot', source_field='slot_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('visit_id', fields.UUIDField(null=True, db_index=True)),
                ('entry_id', fields.UUIDField(null=True, db_index=True)),
                ('answer', fields.CharField(default='OPEN', description='OPEN: OPEN\nACCEPTED: ACCEPTED\nDECLINED: DECLINED\nLAPSED: LAPSED\nCLOSED: CLOSED', max_length=10)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'offer', 'app': 'models', 'pk_attr': 'id', 'table_description': 'For a visit whose doctor is absent (`visit_id`), or for an entry of the waiting list (`entry_id`).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Schedule',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('doctor', fields.ForeignKeyField('models.Doctor', source_field='doctor_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('clinic', fields.ForeignKeyField('models.Clinic', source_field='clinic_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('lines', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('valid_from', fields.DateField()),
                ('valid_until', fields.DateField(null=True)),
                ('on_sundays', fields.BooleanField(default=False)),
                ('on_holidays', fields.BooleanField(default=False)),
                ('filled_until', fields.DateField()),
                ('published_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'schedule', 'app': 'models', 'pk_attr': 'id', 'table_description': '`filled_until`: up to this day its slots exist; the horizon only ever adds days behind it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='WaitingListEntry',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                ('patient', fields.ForeignKeyField('models.Patient', source_field='patient_id', db_constraint=True, to_field='id', related_name='entries', on_delete=OnDelete.RESTRICT)),
                ('clinic', fields.ForeignKeyField('models.Clinic', source_field='clinic_id', db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('doctor', fields.ForeignKeyField('models.Doctor', source_field='doctor_id', null=True, db_constraint=True, to_field='id', on_delete=OnDelete.RESTRICT)),
                ('first_day', fields.DateField()),
                ('last_day', fields.DateField()),
                ('from_minute', fields.IntField(null=True)),
                ('until_minute', fields.IntField(null=True)),
                ('joined_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('outcome', fields.CharField(null=True, description='SERVED: SERVED\nLEFT: LEFT\nEXPIRED: EXPIRED', max_length=10)),
            ],
            options={'table': 'waiting_list_entry', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The wish of one patient: one slot of a clinic, on some days, perhaps of one doctor, or at some hours.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Doctor',
            name='licence',
            field=fields.CharField(null=True, unique=True, max_length=7),
        ),
        ops.AlterField(
            model_name='Message',
            name='kind',
            field=fields.CharField(description='ACCOUNT_OPENED: account_opened\nADDRESS_TRIED: address_tried\nNEW_PASSWORD: new_password\nPASSWORD_CHANGED: password_changed\nCONTACT_CHANGED: contact_changed\nACCOUNT_CLOSED: account_closed\nVISIT_BOOKED: visit_booked\nVISIT_MOVED: visit_moved\nVISIT_CANCELLED: visit_cancelled\nVISIT_REMINDER: visit_reminder\nTERM_OFFERED: term_offered\nDOCTOR_ABSENT: doctor_absent', max_length=30),
        ),
        ops.AlterModelOptions(
            name='Slot',
            options={'table': 'slot', 'app': 'models', 'pk_attr': 'id', 'table_description': "The database keeps: a doctor's slots never overlap, a slot has at most one visit, a patient at most one online hold."},
        ),
        ops.AlterField(
            model_name='Slot',
            name='held_by_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Slot',
            name='absence_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Slot',
            name='closed_reason',
            field=fields.CharField(null=True, max_length=500),
        ),
        ops.AddField(
            model_name='Slot',
            name='is_offer',
            field=fields.BooleanField(default=False),
        ),
        ops.AddField(
            model_name='Slot',
            name='queued_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Slot',
            name='schedule_id',
            field=fields.UUIDField(null=True),
        ),
    ]
