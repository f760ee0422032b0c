"""Truth: slots, holds and messages that later changes make untrue; names and addresses as people really write them."""

import unicodedata
from typing import Any

import idna
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from uuid6 import uuid7

# The previous release inserts rows without these columns while it is being replaced.
DEFAULTS = """
ALTER TABLE slot ALTER COLUMN is_outside SET DEFAULT false;
ALTER TABLE slot ALTER COLUMN is_withdrawn_by_hand SET DEFAULT false;
"""
SCHEDULES = """
ALTER TABLE schedule ADD CONSTRAINT schedule_replaced FOREIGN KEY (replaces_id) REFERENCES schedule (id);
CREATE UNIQUE INDEX schedule_of_replaced ON schedule (replaces_id, valid_from) WHERE replaces_id IS NOT NULL;
"""
NO_SCHEDULES = "DROP INDEX schedule_of_replaced; ALTER TABLE schedule DROP CONSTRAINT schedule_replaced"
# NOT VALID: rows that an earlier release wrote are left alone.
WHOLE_MINUTES = """
ALTER TABLE slot ADD CONSTRAINT slot_whole_minutes CHECK (
    extract(second FROM starts_at AT TIME ZONE 'UTC') = 0 AND extract(second FROM ends_at AT TIME ZONE 'UTC') = 0
) NOT VALID;
"""
NO_WHOLE_MINUTES = "ALTER TABLE slot DROP CONSTRAINT slot_whole_minutes"

# Letters that Unicode does not decompose, in both cases, because lower() knows only ASCII in the C locale:
# first the Latin ones, then the Cyrillic ones as Ukrainian passports transliterate them, then the Greek ones.
SINGLE_LETTERS = (
    ("łŁđĐðÐøØħĦıŧŦŋŊĸəƏ", "llddddoohhittnnkee"),
    ("абвгґдезиіклмнопрстуфыэАБВГҐДЕЗИІКЛМНОПРСТУФЫЭ", "abvhgdezyiklmnoprstufyeabvhgdezyiklmnoprstufye"),
    ("αβγδεζηικλμνξοπρσςτυωΑΒΓΔΕΖΗΙΚΛΜΝΞΟΠΡΣΤΥΩ", "avgdeziiklmnxoprsstyoavgdeziiklmnxoprstyo"),
    ("’‘ʼ`´ʹ‐‑‒–—−", "''''''------"),
)
SEVERAL_LETTERS = (
    *(("ßẞ", "ss"), ("æÆ", "ae"), ("œŒ", "oe"), ("þÞ", "th")),
    *(("єЄ", "ie"), ("жЖ", "zh"), ("хХ", "kh"), ("цЦ", "ts"), ("чЧ", "ch"), ("шШ", "sh"), ("щЩ", "shch")),
    *(("юЮ", "iu"), ("яЯ", "ia"), ("ьЬъЪ", ""), ("θΘ", "th"), ("φΦ", "f"), ("χΧ", "ch"), ("ψΨ", "ps")),
)


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def folding(expression: str) -> str:
    """The SQL expression for a name in lower case without marks and foreign letters."""
    expression = f"regexp_replace(normalize({expression}, NFKD), '[\\u0300-\\u036f]', '', 'g')"
    for letters, replacements in SINGLE_LETTERS:
        expression = f"translate({expression}, {quote(letters)}, {quote(replacements)})"
    for letters, replacement in SEVERAL_LETTERS:
        for letter in letters:
            expression = f"replace({expression}, {quote(letter)}, {quote(replacement)})"
    return f"lower({expression})"


# The words of names, which a search finds by their beginnings: both halves of "Nowak-Żak"; "oneill" and also "neill".
FUNCTION = """
CREATE FUNCTION name_words(name text, with_parts boolean) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT word) FILTER (WHERE word <> ''), ARRAY[]::text[])
    FROM regexp_split_to_table({folded_name}, '[][[:space:],.;:/()_"·-]+') AS token
    CROSS JOIN LATERAL (
        SELECT replace(token, '''', '') AS word
        UNION ALL SELECT part FROM regexp_split_to_table(token, '''') AS part WHERE with_parts
    ) AS spelling
$$;
"""
WORDS = """
CREATE TABLE patient_word (
    patient_id uuid NOT NULL REFERENCES patient (id) ON DELETE CASCADE,
    word text NOT NULL,
    PRIMARY KEY (patient_id, word)
);
CREATE INDEX patient_word_by_beginning ON patient_word (word text_pattern_ops, patient_id);

CREATE FUNCTION list_words_of(listed_id uuid) RETURNS void LANGUAGE sql AS $$
    DELETE FROM patient_word WHERE patient_id = listed_id;
    INSERT INTO patient_word (patient_id, word)
    SELECT DISTINCT listed_id, word FROM (
        SELECT first_name || ' ' || last_name AS name FROM patient WHERE id = listed_id
        UNION ALL SELECT first_name || ' ' || last_name FROM former_name WHERE patient_id = listed_id
    ) AS borne CROSS JOIN LATERAL unnest(name_words(name, true)) AS word
    WHERE EXISTS (SELECT 1 FROM patient WHERE id = listed_id);
$$;
CREATE FUNCTION list_words_of_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM list_words_of(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER patient_has_words AFTER INSERT OR UPDATE OF first_name, last_name ON patient
    FOR EACH ROW EXECUTE FUNCTION list_words_of_patient();
CREATE FUNCTION list_words_of_former_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM list_words_of(coalesce(NEW.patient_id, OLD.patient_id));
    RETURN NULL;
END $$;
CREATE TRIGGER former_name_has_words AFTER INSERT OR UPDATE OR DELETE ON former_name
    FOR EACH ROW EXECUTE FUNCTION list_words_of_former_name();

INSERT INTO patient_word (patient_id, word)
SELECT DISTINCT patient.id, word
FROM patient CROSS JOIN LATERAL unnest(name_words(first_name || ' ' || last_name, true)) AS word;
CREATE INDEX former_name_of_patient ON former_name (patient_id, until);
"""
# Doctors and clinics are found by one folded text, which the service writes; only a few rows have such letters.
FOLDED_AGAIN = """
UPDATE doctor SET search_name = {folded_name} WHERE search_name ~ '[^ -~]';
UPDATE clinic SET search_name = {folded_name} WHERE search_name ~ '[^ -~]';
"""
NO_WORDS = """
DROP INDEX former_name_of_patient;
DROP TRIGGER former_name_has_words ON former_name;
DROP TRIGGER patient_has_words ON patient;
DROP FUNCTION list_words_of_former_name;
DROP FUNCTION list_words_of_patient;
DROP FUNCTION list_words_of;
DROP TABLE patient_word;
"""


def email_key(address: str) -> str:
    """The key, as models.values.contact spelled it when this migration was written."""
    local, _, domain = unicodedata.normalize("NFC", address.strip()).rpartition("@")
    return f"{local.casefold()}@{idna.decode(idna.encode(domain, uts46=True, std3_rules=True))}"


async def respell_email_keys(_: Any, editor: Any) -> None:
    """Undo the folding of letters such as ß. Safe to repeat; a key that another account has is left to reception."""
    _count, rows = await editor.client.execute_query("SELECT id, email, email_key FROM account WHERE email ~ '[^ -~]'")
    for row in rows:
        try:
            key = email_key(row["email"])
        except idna.IDNAError:
            continue
        if key != row["email_key"]:
            await editor.client.execute_query(
                "UPDATE account SET email_key = $2"
                " WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM account WHERE email_key = $2)",
                [row["id"], key],
            )


async def leave_email_keys(_: Any, __: Any) -> None:
    """Do nothing: the earlier release finds all accounts but the few whose domains have such letters."""


class Migration(migrations.Migration):
    dependencies = [("models", "0013_sign_in")]

    initial = False

    operations = [
        ops.AddField(model_name="Slot", name="is_outside", field=fields.BooleanField(default=False, db_default=False)),
        ops.AddField(
            model_name="Slot", name="is_withdrawn_by_hand", field=fields.BooleanField(default=False, db_default=False)
        ),
        ops.AddField(
            model_name="Visit",
            name="doctor_back_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(model_name="Schedule", name="replaces_id", field=fields.UUIDField(null=True)),
        ops.AddField(
            model_name="Patient",
            name="birth_date_index",
            field=fields.CharField(null=True, db_index=True, max_length=64),
        ),
        ops.CreateModel(
            name="FormerName",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid7, unique=True, db_index=True)),
                (
                    "patient",
                    fields.ForeignKeyField(
                        "models.Patient",
                        source_field="patient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="former_names",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("first_name", fields.CharField(max_length=100)),
                ("last_name", fields.CharField(max_length=100)),
                ("until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "former_name", "app": "models", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL(DEFAULTS, reverse_sql=ops.RunSQL.noop),
        ops.RunSQL(SCHEDULES, reverse_sql=NO_SCHEDULES),
        ops.RunSQL(WHOLE_MINUTES, reverse_sql=NO_WHOLE_MINUTES),
        ops.RunSQL(FUNCTION.format(folded_name=folding("name")), reverse_sql="DROP FUNCTION name_words"),
        ops.RunSQL(WORDS, reverse_sql=NO_WORDS),
        ops.RunSQL(FOLDED_AGAIN.format(folded_name=folding("search_name")), reverse_sql=ops.RunSQL.noop),
        ops.RunPython(respell_email_keys, leave_email_keys),
    ]
