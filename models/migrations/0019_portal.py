"""Portal: visits confirmed by their patients; patients' clients are notified when something of theirs changes."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

# PostgreSQL notifies at commit, whichever code path wrote the row; the notification contains only the patient's id.
TELL = """
CREATE FUNCTION tell_of_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('patient_changed', NEW.patient_id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER visit_told AFTER INSERT OR UPDATE ON visit FOR EACH ROW EXECUTE FUNCTION tell_of_patient();
CREATE TRIGGER offer_told AFTER INSERT OR UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION tell_of_patient();
CREATE TRIGGER waiting_list_entry_told AFTER INSERT OR UPDATE ON waiting_list_entry
    FOR EACH ROW EXECUTE FUNCTION tell_of_patient();
"""
TELL_NO_MORE = """
DROP TRIGGER visit_told ON visit;
DROP TRIGGER offer_told ON offer;
DROP TRIGGER waiting_list_entry_told ON waiting_list_entry;
DROP FUNCTION tell_of_patient();
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0018_answer_versions")]

    initial = False

    operations = [
        ops.AddField(model_name="Visit", name="confirmed_at", field=fields.DatetimeField(null=True)),
        ops.RunSQL(TELL, reverse_sql=TELL_NO_MORE),
    ]
