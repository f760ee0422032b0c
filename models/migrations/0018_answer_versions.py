"""Answer versions: a version per clinic, which every change to the clinic advances in the same transaction."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# The version is the id of the transaction that changed the clinic last: unique, so only equality matters. The row with
# the nil id stands for the directory (clinics, doctors, who works where), of which every public answer shows something.
TABLE = """
CREATE TABLE answer_version (clinic_id uuid PRIMARY KEY, version bigint NOT NULL) WITH (fillfactor = 50);
COMMENT ON TABLE answer_version IS 'What public answers are known by; written by triggers alone.';
INSERT INTO answer_version (clinic_id, version)
    SELECT id, pg_current_xact_id()::text::bigint FROM clinic
    UNION ALL SELECT '00000000-0000-0000-0000-000000000000', pg_current_xact_id()::text::bigint;
"""

# A change records its clinics; the versions are written only when the transaction commits, all at once and ordered by
# id: their locks are the last that it takes, are held only during the commit, and cannot deadlock.
FUNCTIONS = """
CREATE FUNCTION note_changed_answers(VARIADIC changed uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    noted text := coalesce(current_setting('e_rejestracja.changed_answers', true), '');
    one uuid;
BEGIN
    FOREACH one IN ARRAY changed LOOP
        IF one IS NOT NULL AND position(one::text IN noted) = 0 THEN
            noted := ltrim(noted || ' ' || one);
            PERFORM set_config('e_rejestracja.changed_answers', noted, true);
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION note_changed_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_changed_answers(OLD.clinic_id, NEW.clinic_id);
    RETURN NULL;
END $$;

CREATE FUNCTION note_changed_clinic() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_changed_answers(OLD.id, NEW.id, '00000000-0000-0000-0000-000000000000');
    RETURN NULL;
END $$;

CREATE FUNCTION note_changed_directory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_changed_answers('00000000-0000-0000-0000-000000000000');
    RETURN NULL;
END $$;

CREATE FUNCTION move_answer_versions() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE FUNCTION move_all_answer_versions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE answer_version SET version = pg_current_xact_id()::text::bigint;
    RETURN NULL;
END $$;
"""


def _triggers(table: str, note: str) -> str:
    """Fires on every write to the table, by any writer."""
    return f"""
CREATE TRIGGER {table}_answers_written AFTER INSERT OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {note}();
CREATE TRIGGER {table}_answers_changed AFTER UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION {note}();
CREATE CONSTRAINT TRIGGER {table}_answers_move AFTER INSERT OR UPDATE OR DELETE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION move_answer_versions();
CREATE TRIGGER {table}_answers_emptied AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION move_all_answer_versions();
"""


WRITTEN = {
    "slot": "note_changed_slot",
    "clinic": "note_changed_clinic",
    "doctor": "note_changed_directory",
    "doctor_clinic": "note_changed_directory",
}
REVERSE = "".join(
    f"DROP TRIGGER {table}_answers_{name} ON {table};"
    for table in WRITTEN
    for name in ("written", "changed", "move", "emptied")
)
FORGET = """
DROP FUNCTION move_all_answer_versions(), move_answer_versions(), note_changed_directory(), note_changed_clinic(),
    note_changed_slot(), note_changed_answers(VARIADIC uuid[]);
"""


class Migration(migrations.Migration):
    dependencies = [("models", "0017_plans")]

    initial = False

    operations = [
        ops.RunSQL(TABLE, "DROP TABLE answer_version"),
        ops.RunSQL(FUNCTIONS, FORGET),
        ops.RunSQL("".join(_triggers(table, note) for table, note in WRITTEN.items()), REVERSE),
    ]
