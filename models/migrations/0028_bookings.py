"""Bookings: written by one statement that rechecks what was read; notifications follow the commit, in batches."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# PostgreSQL commits transactions with a NOTIFY one at a time, and each waits for the disk. A booking therefore stores
# its notifications in a table, and the relay sends many of them in one commit. A row is inserted in the transaction of
# its change and deleted in the one that sends the notification. The table is unlogged: a crash of PostgreSQL empties
# it, but also ends the connections of all listeners, which check for changes when they have a new one.
UNTOLD = """
CREATE UNLOGGED TABLE untold_change (channel text NOT NULL, payload text NOT NULL);
COMMENT ON TABLE untold_change IS 'Notifications that the relay sends; see tell() and tell_changes().';

CREATE FUNCTION tell(channel text, payload text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('e_rejestracja.tells_later', true) = 'on' THEN
        INSERT INTO untold_change VALUES (channel, payload);
    ELSE
        PERFORM pg_notify(channel, payload);
    END IF;
END $$;

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

CREATE OR REPLACE FUNCTION tell_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('e_rejestracja.tells_later', true) IS DISTINCT FROM 'on' THEN
        PERFORM pg_notify('event_appended', '');  -- otherwise the relay finds it when it tells the rest
    END IF;
    RETURN NULL;
END $$;
"""

# Returns false if another process is doing this; it may have begun too early to see the caller's commit.
TELL = """
CREATE FUNCTION tell_changes() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    one record;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7222027) THEN
        RETURN false;
    END IF;
    PERFORM number_events();
    FOR one IN DELETE FROM untold_change RETURNING channel, payload LOOP
        PERFORM pg_notify(one.channel, one.payload);
    END LOOP;
    RETURN true;
END $$;
"""

# The rules are in Python and have been applied to rows read without locks. Here the rows are locked, in the order in
# which all code locks them, and the booking is written if the versions of the rows and the counts are still the same.
BOOK = """
CREATE FUNCTION book_if_unchanged(
    p_patient uuid, p_patient_version xid, p_slot uuid, p_slot_version xid, p_clinic uuid, p_clinic_version xid,
    p_planned bigint, p_planned_everywhere bigint, p_now timestamptz,
    p_visit uuid, p_reference text, p_channel text, p_reason text,
    p_change uuid, p_by text, p_actor uuid, p_role text, p_entry uuid, p_request text,
    p_message uuid, p_address text, p_language text, p_account uuid, p_letter jsonb,
    p_event uuid, p_details jsonb,
    p_key text, p_asked text, p_keys_known_since timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    planned bigint;
    planned_everywhere bigint;
    the_doctor uuid;
    the_start timestamptz;
    the_end timestamptz;
BEGIN
    PERFORM set_config('e_rejestracja.tells_later', 'on', true);
    IF p_key IS NOT NULL THEN
        INSERT INTO kept_answer (account_id, key, asked, kept_at, subject_id)
            VALUES (p_actor, p_key, p_asked, p_now, p_visit)
            ON CONFLICT (account_id, key) DO UPDATE
                SET asked = p_asked, kept_at = p_now, subject_id = p_visit, refusal = NULL
                WHERE kept_answer.kept_at < p_keys_known_since;
        IF NOT FOUND THEN
            RETURN false;
        END IF;
    END IF;
    <<booking>>
    BEGIN
        PERFORM FROM patient WHERE id = p_patient AND xmin = p_patient_version FOR NO KEY UPDATE;
        EXIT booking WHEN NOT FOUND;
        PERFORM FROM clinic WHERE id = p_clinic AND xmin = p_clinic_version;
        EXIT booking WHEN NOT FOUND;
        SELECT count(*) FILTER (WHERE clinic_id = p_clinic), count(*) INTO planned, planned_everywhere FROM visit
            WHERE patient_id = p_patient AND status IN ('BOOKED', 'ARRIVED') AND ends_at > p_now;
        EXIT booking WHEN planned <> p_planned OR planned_everywhere <> p_planned_everywhere;
        EXIT booking WHEN EXISTS (SELECT FROM waiting_list_entry WHERE patient_id = p_patient AND ended_at IS NULL)
            OR EXISTS (SELECT FROM offer WHERE patient_id = p_patient AND answer = 'OPEN');
        UPDATE slot SET visit_id = p_visit, queued_at = NULL, held_by_id = NULL, held_until = NULL, is_offer = false
            WHERE id = p_slot AND xmin = p_slot_version
            RETURNING doctor_id, starts_at, ends_at INTO the_doctor, the_start, the_end;
        EXIT booking WHEN NOT FOUND;
        INSERT INTO visit (id, reference, status, channel, patient_id, slot_id, clinic_id, doctor_id, starts_at,
                ends_at, reason, booked_at, changed_at, sequence)
            VALUES (p_visit, p_reference, 'BOOKED', p_channel, p_patient, p_slot, p_clinic, the_doctor, the_start,
                the_end, p_reason, p_now, p_now, 0);
        INSERT INTO visit_change (id, visit_id, at, kind, to_starts_at, by, channel, account_id)
            VALUES (p_change, p_visit, p_now, 'BOOKED', the_start, p_by, p_channel, p_actor);
        IF p_address IS NOT NULL THEN
            INSERT INTO message (id, kind, medium, state, "to", language, account_id, visit_id, details, request_id,
                    created_at, due_at, tries)
                VALUES (p_message, 'visit_booked', 'email', 'due', p_address, p_language, p_account, p_visit,
                    p_letter, p_request, p_now, p_now, 0);
        END IF;
        INSERT INTO audit_entry (id, at, account_id, role, patient_id, action, subject_id, outcome, request_id)
            VALUES (p_entry, p_now, p_actor, p_role, p_patient, 'visit_booked', p_visit, 'done', p_request);
        INSERT INTO event (id, occurred_at, clinic_id, happening, details)
            VALUES (p_event, p_now, p_clinic, 'VisitBooked', p_details);
        RETURN true;
    END booking;
    IF p_key IS NOT NULL THEN
        DELETE FROM kept_answer WHERE account_id = p_actor AND key = p_key;
    END IF;
    RETURN false;
END $$;
"""
FORMER = """
DROP FUNCTION book_if_unchanged;
DROP FUNCTION tell_changes;
CREATE OR REPLACE FUNCTION tell_of_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('slot_changed', NEW.clinic_id || ' ' || NEW.id);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tell_of_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('patient_changed', NEW.patient_id::text);
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION tell_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('event_appended', '');
    RETURN NULL;
END $$;
DROP FUNCTION tell;
DROP TABLE untold_change;
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0027_roles")]

    initial = False

    operations = [
        ops.RunSQL(UNTOLD + TELL + BOOK, reverse_sql=FORMER),
    ]
