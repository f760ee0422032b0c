"""Lean bookings: fewer index entries, foreign keys and statements for the same rows and the same promises."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

# A visit's slot, clinic and doctor are not null and are those of one row of slot (visit_is_as_its_slot), which has
# foreign keys to clinic and doctor. The three keys dropped here were redundant, and their checks locked the rows of
# clinic and doctor, which many bookings share.
IMPLIED = """
ALTER TABLE visit DROP CONSTRAINT visit_slot_id_fkey;
ALTER TABLE visit DROP CONSTRAINT visit_clinic_id_fkey;
ALTER TABLE visit DROP CONSTRAINT visit_doctor_id_fkey;
"""
REPEATED = """
ALTER TABLE visit ADD CONSTRAINT visit_slot_id_fkey FOREIGN KEY (slot_id) REFERENCES slot (id) ON DELETE RESTRICT;
ALTER TABLE visit ADD CONSTRAINT visit_clinic_id_fkey
    FOREIGN KEY (clinic_id) REFERENCES clinic (id) ON DELETE RESTRICT;
ALTER TABLE visit ADD CONSTRAINT visit_doctor_id_fkey
    FOREIGN KEY (doctor_id) REFERENCES doctor (id) ON DELETE RESTRICT;
"""

# These indexes omit events that have no position yet and messages that may be repeated. visit_booked is not needed:
# visit_by_time begins with its column.
SPARSE = """
ALTER TABLE event DROP CONSTRAINT event_position_key;
CREATE UNIQUE INDEX event_position_key ON event (position) WHERE position IS NOT NULL;
DROP INDEX event_of_clinic;
CREATE INDEX event_of_clinic ON event (clinic_id, position) WHERE position IS NOT NULL;
ALTER TABLE message DROP CONSTRAINT message_only_once_key;
CREATE UNIQUE INDEX message_only_once_key ON message (only_once) WHERE only_once IS NOT NULL;
DROP INDEX visit_booked;
"""
DENSE = """
DROP INDEX event_position_key;
ALTER TABLE event ADD CONSTRAINT event_position_key UNIQUE (position);
DROP INDEX event_of_clinic;
CREATE INDEX event_of_clinic ON event (clinic_id, position);
DROP INDEX message_only_once_key;
ALTER TABLE message ADD CONSTRAINT message_only_once_key UNIQUE (only_once);
CREATE INDEX visit_booked ON visit (starts_at) WHERE status = 'BOOKED';
"""

# Most transactions change only one clinic, so noting it and advancing its version need no loop. `set_config` is called
# in an assignment, which costs a tenth of what a statement costs.
VERSIONS = """
CREATE OR REPLACE FUNCTION note_changed_slot() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := coalesce(current_setting('e_rejestracja.changed_answers', true), '');
BEGIN
    IF OLD.clinic_id = NEW.clinic_id AND noted = '' THEN
        noted := set_config('e_rejestracja.changed_answers', NEW.clinic_id::text, true);
    ELSE
        PERFORM note_changed_answers(OLD.clinic_id, NEW.clinic_id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION move_answer_versions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := current_setting('e_rejestracja.changed_answers', true);
    one uuid;
    emptied text;
BEGIN
    IF noted <> '' THEN
        emptied := set_config('e_rejestracja.changed_answers', '', true);
        IF position(' ' IN noted) = 0 THEN
            one := noted;
            UPDATE answer_version SET version = pg_current_xact_id()::text::bigint WHERE clinic_id = one;
            IF FOUND THEN
                RETURN NULL;
            END IF;
        END IF;
        INSERT INTO answer_version (clinic_id, version)
            SELECT id, pg_current_xact_id()::text::bigint FROM unnest(string_to_array(noted, ' ')::uuid[]) AS id
            ORDER BY id
            ON CONFLICT (clinic_id) DO UPDATE SET version = EXCLUDED.version;
    END IF;
    RETURN NULL;
END $$;
"""
FORMER_VERSIONS = """
CREATE OR REPLACE FUNCTION note_changed_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_changed_answers(OLD.clinic_id, NEW.clinic_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION move_answer_versions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := current_setting('e_rejestracja.changed_answers', true);
BEGIN
    IF noted <> '' THEN
        PERFORM set_config('e_rejestracja.changed_answers', '', true);
        INSERT INTO answer_version (clinic_id, version)
            SELECT id, pg_current_xact_id()::text::bigint FROM unnest(string_to_array(noted, ' ')::uuid[]) AS id
            ORDER BY id
            ON CONFLICT (clinic_id) DO UPDATE SET version = EXCLUDED.version;
    END IF;
    RETURN NULL;
END $$;
"""

# What tell() does, without a function in a function. keep_event() compares rows instead of making JSON of them.
TOLD = """
CREATE OR REPLACE FUNCTION tell_of_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('e_rejestracja.tells_later', true) = 'on' THEN
        INSERT INTO untold_change VALUES ('slot_changed', NEW.clinic_id || ' ' || NEW.id);
    ELSE
        PERFORM pg_notify('slot_changed', NEW.clinic_id || ' ' || NEW.id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tell_of_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('e_rejestracja.tells_later', true) = 'on' THEN
        INSERT INTO untold_change VALUES ('patient_changed', NEW.patient_id::text);
    ELSE
        PERFORM pg_notify('patient_changed', NEW.patient_id::text);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.position IS NULL AND NEW.position IS NOT NULL THEN
            OLD.position := NEW.position;
            IF OLD IS NOT DISTINCT FROM NEW THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'An event gets its position once; nothing else of it changes.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.position <= (SELECT forgotten_position FROM event_log) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Events are removed only behind the horizon of event_log.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
FORMER_TOLD = """
CREATE OR REPLACE FUNCTION tell_of_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell('slot_changed', NEW.clinic_id || ' ' || NEW.id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tell_of_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell('patient_changed', NEW.patient_id::text);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.position IS NULL AND NEW.position IS NOT NULL
            AND to_jsonb(NEW) - 'position' = to_jsonb(OLD) - 'position' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'An event gets its position once; nothing else of it changes.'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.position <= (SELECT forgotten_position FROM event_log) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Events are removed only behind the horizon of event_log.'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0032_retention")]

    initial = False

    operations = [
        ops.RunSQL(IMPLIED, REPEATED),
        ops.RunSQL(SPARSE, DENSE),
        # audit_entry_of_patient begins with the patient; ids are ordered by time, and nothing reads by time alone
        ops.AlterField("AuditEntry", "patient_id", fields.UUIDField(null=True)),
        ops.AlterField("AuditEntry", "at", fields.DatetimeField()),
        ops.RunSQL(VERSIONS, FORMER_VERSIONS),
        ops.RunSQL(TOLD, FORMER_TOLD),
    ]
