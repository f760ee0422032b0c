"""Identity: a record is confirmed when somebody has seen a document; until then an account has a separate claim."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

# One record of the centre per number, not counting claims (records of accounts whose owners are unidentified).
# A record that has joined another is only an alias: it has neither numbers nor a confirmation of its own.
RECORDS = """
UPDATE patient SET is_claim = true
    WHERE EXISTS (SELECT 1 FROM account WHERE account.patient_id = patient.id AND account.closed_at IS NULL);

ALTER TABLE patient DROP CONSTRAINT IF EXISTS patient_pesel_index_key;
ALTER TABLE patient DROP CONSTRAINT IF EXISTS patient_document_index_key;
DROP INDEX IF EXISTS patient_pesel_index_key;
DROP INDEX IF EXISTS patient_document_index_key;
CREATE UNIQUE INDEX patient_pesel_index_key ON patient (pesel_index) WHERE NOT is_claim;
CREATE UNIQUE INDEX patient_document_index_key ON patient (document_index) WHERE NOT is_claim;
CREATE INDEX patient_by_pesel ON patient (pesel_index) WHERE pesel_index IS NOT NULL;
CREATE INDEX patient_by_document ON patient (document_index) WHERE document_index IS NOT NULL;

ALTER TABLE patient ADD CONSTRAINT patient_identity CHECK (
    (identity_confirmed_at IS NULL) = (identity_seen IS NULL)
    AND (identity_confirmed_at IS NULL) = (identity_confirmed_by IS NULL));
ALTER TABLE patient ADD CONSTRAINT patient_confirmed_is_no_claim
    CHECK (identity_confirmed_at IS NULL OR NOT is_claim);
ALTER TABLE patient ADD CONSTRAINT patient_joined_is_an_alias CHECK (
    joined_to_id IS NULL OR is_claim AND joined_to_id <> id
    AND pesel_index IS NULL AND document_index IS NULL AND phone IS NULL);
ALTER TABLE patient ADD CONSTRAINT patient_joined_to FOREIGN KEY (joined_to_id) REFERENCES patient (id);
ALTER TABLE patient ADD CONSTRAINT patient_invited_from
    FOREIGN KEY (invited_from_id) REFERENCES patient (id) ON DELETE SET NULL;
CREATE INDEX patient_joined ON patient (joined_to_id) WHERE joined_to_id IS NOT NULL;
CREATE INDEX patient_invited ON patient (invited_from_id) WHERE invited_from_id IS NOT NULL;
"""
FORGET_RECORDS = """
DROP INDEX patient_joined, patient_invited, patient_by_pesel, patient_by_document;
DROP INDEX patient_pesel_index_key, patient_document_index_key;
ALTER TABLE patient DROP CONSTRAINT patient_invited_from;
ALTER TABLE patient DROP CONSTRAINT patient_joined_to;
ALTER TABLE patient DROP CONSTRAINT patient_joined_is_an_alias;
ALTER TABLE patient DROP CONSTRAINT patient_confirmed_is_no_claim;
ALTER TABLE patient DROP CONSTRAINT patient_identity;
ALTER TABLE patient ADD CONSTRAINT patient_pesel_index_key UNIQUE (pesel_index);
ALTER TABLE patient ADD CONSTRAINT patient_document_index_key UNIQUE (document_index);
"""

# An account's record is a claim until it is confirmed, even if an older version of the program opens the account.
CLAIMS = """
CREATE FUNCTION mark_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE patient SET is_claim = true
        WHERE id = NEW.patient_id AND identity_confirmed_at IS NULL AND NOT is_claim;
    RETURN NULL;
END $$;
CREATE TRIGGER account_marks_claim AFTER INSERT OR UPDATE OF patient_id ON account
    FOR EACH ROW WHEN (NEW.patient_id IS NOT NULL AND NEW.closed_at IS NULL) EXECUTE FUNCTION mark_claim();
"""
FORGET_CLAIMS = "DROP TRIGGER account_marks_claim ON account; DROP FUNCTION mark_claim();"

ADDRESSES = """
ALTER TABLE account ADD CONSTRAINT account_pending_email CHECK (
    (pending_email IS NULL) = (pending_email_until IS NULL) AND (closed_at IS NULL OR pending_email IS NULL));
CREATE INDEX account_unclaimed ON account (created_at)
    WHERE role = 'PATIENT' AND password_hash IS NULL AND closed_at IS NULL;
"""
FORGET_ADDRESSES = "DROP INDEX account_unclaimed; ALTER TABLE account DROP CONSTRAINT account_pending_email;"

# A no-show overlaps nothing, so that two records of one person with visits at that time can still be joined.
OVERLAP = """
ALTER TABLE visit DROP CONSTRAINT visit_patient_overlap;
ALTER TABLE visit ADD CONSTRAINT visit_patient_overlap
    EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
    WHERE (status NOT IN ('CANCELLED', 'NO_SHOW'));
"""
FORMER_OVERLAP = """
ALTER TABLE visit DROP CONSTRAINT visit_patient_overlap;
ALTER TABLE visit ADD CONSTRAINT visit_patient_overlap
    EXCLUDE USING gist (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status <> 'CANCELLED');
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0011_two_factor")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Account",
            name="pending_email",
            field=fields.CharField(null=True, max_length=320),
        ),
        ops.AddField(
            model_name="Account",
            name="pending_email_until",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Account",
            name="email_token_hash",
            field=fields.CharField(null=True, unique=True, max_length=64),
        ),
        ops.AddField(
            model_name="Patient",
            name="identity_confirmed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Patient",
            name="identity_seen",
            field=fields.CharField(null=True, max_length=20),
        ),
        ops.AddField(
            model_name="Patient",
            name="identity_confirmed_by",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="Patient",
            name="is_claim",
            field=fields.BooleanField(default=False, db_default=False),  # the table already has rows
        ),
        ops.AddField(
            model_name="Patient",
            name="joined_to_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="Patient",
            name="invited_from_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AlterField(
            model_name="Patient",
            name="pesel_index",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.AlterField(
            model_name="Patient",
            name="document_index",
            field=fields.CharField(null=True, max_length=64),
        ),
        ops.RunSQL(RECORDS, FORGET_RECORDS),
        ops.RunSQL(CLAIMS, FORGET_CLAIMS),
        ops.RunSQL(ADDRESSES, FORGET_ADDRESSES),
        ops.RunSQL(OVERLAP, FORMER_OVERLAP),
    ]
