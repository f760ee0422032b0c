"""The event log's guarantees: positions in commit order, assigned once; removal only behind a stored horizon."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# `appended` orders events that became visible together. It is drawn when the event is written, after the rows that the
# event is about have been locked: of two changes to one slot the later one always has the larger number, whatever the
# hosts' clocks show.
LOG = """
ALTER TABLE event ADD COLUMN appended bigint GENERATED ALWAYS AS IDENTITY;
CREATE INDEX event_unnumbered ON event (appended) WHERE position IS NULL;
CREATE INDEX event_of_clinic ON event (clinic_id, position);

CREATE TABLE event_log (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last_position bigint NOT NULL,
    forgotten_position bigint NOT NULL DEFAULT 0,
    CHECK (forgotten_position <= last_position)
);
COMMENT ON TABLE event_log IS 'How far events are numbered, and up to where they are no longer kept.';
"""

# Ten thousand at a time, here and below, so that no statement exceeds its time limit.
# The client locks, reads, numbers and notifies in one statement: a relay that dies, stops or loses its connection holds
# no lock. The UPDATE takes its snapshot after the lock, so it sees all events that an earlier relay numbered; an event
# committed after that snapshot gets a larger position, and no reader has seen any position beyond `last_position` yet.
NUMBER = """
CREATE FUNCTION number_events() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    head bigint;
    numbered bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7222027) THEN
        RETURN 0;
    END IF;
    SELECT last_position INTO head FROM event_log FOR UPDATE;
    IF NOT FOUND THEN
        SELECT coalesce(max(position), 0) INTO head FROM event;
        INSERT INTO event_log (last_position) VALUES (head);
    END IF;
    UPDATE event SET position = head + waiting.place
        FROM (
            SELECT id, row_number() OVER (ORDER BY appended) AS place
            FROM (SELECT id, appended FROM event WHERE position IS NULL ORDER BY appended LIMIT 10000) AS oldest
        ) AS waiting
        WHERE event.id = waiting.id;
    GET DIAGNOSTICS numbered = ROW_COUNT;
    IF numbered > 0 THEN
        UPDATE event_log SET last_position = head + numbered;
        PERFORM pg_notify('event_numbered', '');
    END IF;
    RETURN numbered;
END $$;
"""

# The horizon is stored in the transaction that removes the events: a reader sees both changes or neither.
FORGET = """
CREATE FUNCTION forget_events(before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    first_kept bigint;
    horizon bigint;
    removed bigint;
BEGIN
    SELECT position INTO first_kept FROM event
        WHERE occurred_at >= before AND position IS NOT NULL ORDER BY position LIMIT 1;
    UPDATE event_log
        SET forgotten_position = greatest(
            forgotten_position, least(forgotten_position + 10000, coalesce(first_kept - 1, last_position))
        )
        RETURNING forgotten_position INTO horizon;
    DELETE FROM event WHERE position <= horizon;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;

CREATE FUNCTION keep_event() RETURNS trigger LANGUAGE plpgsql AS $$
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

DROP TRIGGER event_kept ON event;
CREATE TRIGGER event_kept BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION keep_event();
CREATE TRIGGER event_not_truncated BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# PostgreSQL notifies at commit and never earlier, whichever code path wrote the row.
TELL = """
CREATE FUNCTION tell_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('event_appended', '');
    RETURN NULL;
END $$;
CREATE TRIGGER event_told AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION tell_of_event();

CREATE FUNCTION tell_of_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('slot_changed', NEW.clinic_id || ' ' || NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER slot_published_told AFTER INSERT ON slot FOR EACH ROW EXECUTE FUNCTION tell_of_slot();
CREATE TRIGGER slot_changed_told AFTER UPDATE ON slot FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)  -- whatever it is that makes it free or taken
    EXECUTE FUNCTION tell_of_slot();
CREATE INDEX slot_lapsing ON slot (held_until) WHERE held_until IS NOT NULL;
"""

PARTNERS = """
ALTER TABLE partner ADD CONSTRAINT partner_sees_a_clinic CHECK (cardinality(clinic_ids) > 0);
CREATE INDEX partner_key_of_partner ON partner_key (partner_id);
CREATE INDEX partner_stream_of_partner ON partner_stream (partner_id);
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0009_partners")]
    operations = [ops.RunSQL(sql) for sql in (LOG, NUMBER, FORGET, TELL, PARTNERS)]
