"""Constraints on offers, the waiting list and schedules: at most one open offer each, one hold per patient."""

from tortoise import migrations
from tortoise.migrations import operations as ops

HOLDS = """
ALTER TABLE slot DROP CONSTRAINT IF EXISTS slot_held_by_id_key;
DROP INDEX IF EXISTS slot_held_by_id_key;
ALTER TABLE slot ALTER COLUMN is_offer SET DEFAULT false;
CREATE UNIQUE INDEX slot_held_by_id_key ON slot (held_by_id) WHERE NOT is_offer;
ALTER TABLE slot ADD CONSTRAINT slot_offer_is_held CHECK (NOT is_offer OR held_by_id IS NOT NULL);
ALTER TABLE slot ADD CONSTRAINT slot_queued_is_free
    CHECK (queued_at IS NULL OR visit_id IS NULL AND withdrawn_at IS NULL);
"""

OFFERS = """
ALTER TABLE offer ADD CONSTRAINT offer_answer
    CHECK (answer IN ('OPEN', 'ACCEPTED', 'DECLINED', 'LAPSED', 'CLOSED'));
ALTER TABLE offer ADD CONSTRAINT offer_answered CHECK (answer <> 'OPEN' OR slot_id IS NOT NULL);
ALTER TABLE offer ADD CONSTRAINT offer_reason CHECK ((visit_id IS NULL) <> (entry_id IS NULL));
ALTER TABLE offer ADD CONSTRAINT offer_of_visit FOREIGN KEY (visit_id) REFERENCES visit (id);
ALTER TABLE offer ADD CONSTRAINT offer_of_entry FOREIGN KEY (entry_id) REFERENCES waiting_list_entry (id);
CREATE UNIQUE INDEX offer_open_of_slot ON offer (slot_id) WHERE answer = 'OPEN';
CREATE UNIQUE INDEX offer_open_of_visit ON offer (visit_id) WHERE answer = 'OPEN';
CREATE UNIQUE INDEX offer_open_of_entry ON offer (entry_id) WHERE answer = 'OPEN';
CREATE INDEX offer_of_patient ON offer (patient_id, made_at);
"""

WAITING = """
ALTER TABLE waiting_list_entry ADD CONSTRAINT waiting_list_entry_days CHECK (first_day <= last_day);
ALTER TABLE waiting_list_entry ADD CONSTRAINT waiting_list_entry_outcome
    CHECK ((ended_at IS NULL) = (outcome IS NULL) AND outcome IN ('SERVED', 'LEFT', 'EXPIRED'));
CREATE INDEX waiting_list_entry_waiting ON waiting_list_entry (clinic_id, joined_at, id) WHERE ended_at IS NULL;
CREATE INDEX waiting_list_entry_of_patient ON waiting_list_entry (patient_id, joined_at, id) WHERE ended_at IS NULL;
"""

SCHEDULES = """
ALTER TABLE schedule ADD CONSTRAINT schedule_days CHECK (valid_until >= valid_from);
ALTER TABLE absence ADD CONSTRAINT absence_times CHECK (ends_at > starts_at);
ALTER TABLE slot ADD CONSTRAINT slot_of_schedule FOREIGN KEY (schedule_id) REFERENCES schedule (id);
ALTER TABLE slot ADD CONSTRAINT slot_of_absence FOREIGN KEY (absence_id) REFERENCES absence (id);
CREATE INDEX slot_in_schedule ON slot (schedule_id, starts_at) WHERE schedule_id IS NOT NULL;
CREATE INDEX slot_in_absence ON slot (absence_id) WHERE absence_id IS NOT NULL;
CREATE INDEX slot_in_turn ON slot (starts_at) WHERE queued_at IS NOT NULL;
CREATE INDEX slot_offered ON slot (id) WHERE is_offer;
CREATE INDEX slot_held ON slot (clinic_id, held_until) WHERE held_until IS NOT NULL;
CREATE INDEX schedule_of_doctor ON schedule (doctor_id);
CREATE INDEX absence_of_doctor ON absence (doctor_id, ends_at);
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0007_schedules")]
    operations = [ops.RunSQL(sql) for sql in (HOLDS, OFFERS, WAITING, SCHEDULES)]
