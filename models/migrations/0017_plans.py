"""Plans: indexes for the most frequent statements, and fewer index writes when a slot is taken."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# A search, a calendar and the next free slot read only these indexes, not the table's rows.
COVERING = """
CREATE INDEX slot_vacant ON slot (clinic_id, starts_at, id)
    INCLUDE (ends_at, doctor_id, held_until, held_by_id, queued_at)
    WHERE visit_id IS NULL AND withdrawn_at IS NULL;
CREATE INDEX slot_vacant_of_doctor ON slot (doctor_id, starts_at, id)
    INCLUDE (ends_at, clinic_id, held_until, held_by_id, queued_at)
    WHERE visit_id IS NULL AND withdrawn_at IS NULL;
DROP INDEX slot_free;
DROP INDEX slot_free_of_doctor;
"""
FORMER = """
CREATE INDEX slot_free ON slot (clinic_id, starts_at, id) WHERE visit_id IS NULL AND withdrawn_at IS NULL;
CREATE INDEX slot_free_of_doctor ON slot (doctor_id, starts_at, id) WHERE visit_id IS NULL AND withdrawn_at IS NULL;
DROP INDEX slot_vacant;
DROP INDEX slot_vacant_of_doctor;
"""

# Without it, the first executions on a connection count visits with the slower GiST index of the overlap constraint.
PLANNED = """
CREATE INDEX visit_planned ON visit (patient_id, clinic_id) INCLUDE (ends_at) WHERE status IN ('BOOKED', 'ARRIVED');
"""

# The same guarantees, without index entries for slots that nobody has booked or holds. An update of a slot writes into
# every index that has an entry for it: these two had one for every slot. `slot_lapsing` replaces `slot_held`.
SPARSE = """
DROP INDEX slot_held_by_id_key;
CREATE UNIQUE INDEX slot_held_by_id_key ON slot (held_by_id) WHERE held_by_id IS NOT NULL AND NOT is_offer;
ALTER TABLE slot DROP CONSTRAINT slot_visit_id_key;
CREATE UNIQUE INDEX slot_visit_id_key ON slot (visit_id) WHERE visit_id IS NOT NULL;
DROP INDEX slot_held;
"""
DENSE = """
DROP INDEX slot_held_by_id_key;
CREATE UNIQUE INDEX slot_held_by_id_key ON slot (held_by_id) WHERE NOT is_offer;
DROP INDEX slot_visit_id_key;
ALTER TABLE slot ADD CONSTRAINT slot_visit_id_key UNIQUE (visit_id);
CREATE INDEX slot_held ON slot (clinic_id, held_until) WHERE held_until IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0016_failures")]

    initial = False

    operations = [
        ops.RunSQL(COVERING, FORMER),
        ops.RunSQL(PLANNED, "DROP INDEX visit_planned"),
        ops.RunSQL(SPARSE, DENSE),
    ]
