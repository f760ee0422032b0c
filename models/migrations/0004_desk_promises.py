"""Columns and indexes for reception: search by the beginnings of names, one record per document, lists by day."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# Spells a name as `infra.transliteration.fold` does. A generated column is right whichever program writes the row.
SEARCH = r"""
ALTER TABLE patient ADD COLUMN search_name text GENERATED ALWAYS AS (
    replace(lower(translate(regexp_replace(
        normalize(last_name || ' ' || first_name, NFKD), '[\u0300-\u036f]', '', 'g'),
        'łŁ–—„”’', 'lL--""''')), 'ß', 'ss')
) STORED;
ALTER TABLE patient ADD COLUMN search_given text GENERATED ALWAYS AS (
    replace(lower(translate(regexp_replace(
        normalize(first_name, NFKD), '[\u0300-\u036f]', '', 'g'), 'łŁ–—„”’', 'lL--""''')), 'ß', 'ss')
) STORED;
CREATE INDEX patient_by_name ON patient (search_name text_pattern_ops, id);
CREATE INDEX patient_by_given_name ON patient (search_given text_pattern_ops);
"""

PROMISES = """
ALTER TABLE patient ADD CONSTRAINT patient_document CHECK (
    (document_sealed IS NULL) = (document_index IS NULL)
    AND (document_sealed IS NULL) = (document_number_index IS NULL));
ALTER TABLE account ADD CONSTRAINT account_of_staff CHECK (role = 'PATIENT' OR patient_id IS NULL);
ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_override CHECK ((override_reason IS NULL) = (passed_over IS NULL));
"""

LISTS = """
CREATE INDEX visit_by_time ON visit (starts_at, id);
CREATE INDEX visit_of_clinic ON visit (clinic_id, starts_at, id);
CREATE INDEX visit_of_doctor ON visit (doctor_id, starts_at, id);
CREATE INDEX audit_entry_of_account ON audit_entry (account_id, at DESC, id DESC);
CREATE INDEX message_by_time ON message (created_at DESC, id DESC);
CREATE INDEX message_of_gateway ON message (gateway_id) WHERE gateway_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0003_desk")]
    operations = [ops.RunSQL(sql) for sql in (SEARCH, PROMISES, LISTS)]
