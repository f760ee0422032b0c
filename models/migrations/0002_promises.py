"""The guarantees that the database enforces for every writer: no double booking, no overlap, no rewritten history."""

from tortoise import migrations
from tortoise.migrations import operations as ops

OVERLAP = """
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE slot ADD CONSTRAINT slot_times CHECK (ends_at > starts_at);
ALTER TABLE slot ADD CONSTRAINT slot_hold CHECK ((held_by_id IS NULL) = (held_until IS NULL));
ALTER TABLE slot ADD CONSTRAINT slot_doctor_overlap
    EXCLUDE USING gist (doctor_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (withdrawn_at IS NULL);
ALTER TABLE slot ADD CONSTRAINT slot_withdrawn_is_empty CHECK (withdrawn_at IS NULL OR visit_id IS NULL);

ALTER TABLE visit ADD CONSTRAINT visit_status
    CHECK (status IN ('BOOKED', 'ARRIVED', 'FULFILLED', 'CANCELLED', 'NO_SHOW'));
ALTER TABLE visit ADD CONSTRAINT visit_cancelled_at CHECK ((status = 'CANCELLED') = (cancelled_at IS NOT NULL));
ALTER TABLE visit ADD CONSTRAINT visit_patient_overlap
    EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status <> 'CANCELLED');
"""

# A visit that is not cancelled refers to the slot that refers to it, and a slot refers only to such a visit:
# two foreign keys, one in each direction, checked at commit. The visit has its slot's times, doctor and clinic.
ONE_VISIT_A_SLOT = """
ALTER TABLE visit ADD COLUMN live_slot_id uuid
    GENERATED ALWAYS AS (CASE WHEN status <> 'CANCELLED' THEN slot_id END) STORED;
ALTER TABLE visit ADD CONSTRAINT visit_on_slot UNIQUE (id, live_slot_id);
ALTER TABLE slot ADD CONSTRAINT slot_of_visit UNIQUE (id, visit_id);
ALTER TABLE slot ADD CONSTRAINT slot_as_seen_by_visit UNIQUE (id, clinic_id, doctor_id, starts_at, ends_at);

ALTER TABLE slot ADD CONSTRAINT slot_visit_sits_here
    FOREIGN KEY (visit_id, id) REFERENCES visit (id, live_slot_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE visit ADD CONSTRAINT visit_slot_points_back
    FOREIGN KEY (live_slot_id, id) REFERENCES slot (id, visit_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE visit ADD CONSTRAINT visit_is_as_its_slot
    FOREIGN KEY (slot_id, clinic_id, doctor_id, starts_at, ends_at)
    REFERENCES slot (id, clinic_id, doctor_id, starts_at, ends_at) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE slot ADD CONSTRAINT slot_held_by_patient FOREIGN KEY (held_by_id) REFERENCES patient (id);
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or removed.', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER visit_change_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON visit_change
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_kept BEFORE DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

ACCOUNTS = """
ALTER TABLE account ADD CONSTRAINT account_email CHECK ((email IS NULL) = (email_key IS NULL));
ALTER TABLE account ADD CONSTRAINT account_one_time CHECK ((one_time_hash IS NULL) = (one_time_expires_at IS NULL));
ALTER TABLE account ADD CONSTRAINT account_closed
    CHECK (closed_at IS NULL OR (email IS NULL AND password_hash IS NULL));
ALTER TABLE patient ADD CONSTRAINT patient_pesel CHECK ((pesel_sealed IS NULL) = (pesel_index IS NULL));
ALTER TABLE message ADD CONSTRAINT message_state
    CHECK (state IN ('due', 'sending', 'sent', 'delivered', 'failed', 'dropped'));
"""

INDEXES = """
CREATE INDEX slot_free ON slot (clinic_id, starts_at, id) WHERE visit_id IS NULL AND withdrawn_at IS NULL;
CREATE INDEX slot_free_of_doctor ON slot (doctor_id, starts_at, id) WHERE visit_id IS NULL AND withdrawn_at IS NULL;
CREATE INDEX visit_of_patient ON visit (patient_id, starts_at, id);
CREATE INDEX visit_booked ON visit (starts_at) WHERE status = 'BOOKED';
CREATE INDEX visit_change_of_visit ON visit_change (visit_id, at);
CREATE INDEX message_waiting ON message (medium, due_at) WHERE state IN ('due', 'sending');
CREATE INDEX message_of_account ON message (account_id, created_at);
CREATE INDEX session_of_account ON session (account_id);
CREATE INDEX audit_entry_of_patient ON audit_entry (patient_id, at DESC, id DESC);
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]
    operations = [ops.RunSQL(sql) for sql in (OVERLAP, ONE_VISIT_A_SLOT, APPEND_ONLY, ACCOUNTS, INDEXES)]
