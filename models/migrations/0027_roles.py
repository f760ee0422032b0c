"""Roles: functions that number or remove history run with their owner's rights, so the runtime role needs none."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# `forget_audit_entries` has run with its owner's rights from the beginning.
FENCED = "".join(
    f"""
ALTER FUNCTION {function} SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE ALL ON FUNCTION {function} FROM PUBLIC;
"""
    for function in ("number_events()", "forget_events(timestamptz)")
)
OPEN = "".join(
    f"""
ALTER FUNCTION {function} SECURITY INVOKER RESET search_path;
GRANT EXECUTE ON FUNCTION {function} TO PUBLIC;
"""
    for function in ("number_events()", "forget_events(timestamptz)")
)


class Migration(migrations.Migration):
    dependencies = [("models", "0026_audit")]

    initial = False

    operations = [ops.RunSQL(FENCED, reverse_sql=OPEN)]
