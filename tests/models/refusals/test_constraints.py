"""For each database constraint: a request that violates it gets a refusal, or no request can violate it."""

import pytest
from tortoise.exceptions import IntegrityError

from infra import database
from models.refusals import constraints
from models.refusals.refusal import InvalidInput
from tests import cast

# Constraints that no request can violate, by reason. Primary keys and NOT NULL are not examined: keys are random or
# inserted with ON CONFLICT, and the models' fields say which columns may be empty.
UNREACHABLE = {
    "the form checks the values first": {
        "absence_times",
        "partner_sees_a_clinic",
        "schedule_days",
        "slot_times",
        "waiting_list_entry_days",
        "waiting_list_entry_weekdays",
        "phone_call_again",
        "slot_whole_minutes",
    },
    "the value is an enum's": {"message_state", "offer_answer", "visit_status"},
    "these columns are only written together": {
        "account_email",
        "account_one_time",
        "account_pending_email",
        "audit_entry_override",
        "patient_confirmed_is_no_claim",
        "patient_document",
        "patient_identity",
        "patient_joined_is_an_alias",
        "patient_pesel",
        "slot_hold",
        "slot_offer_is_held",
        "slot_of_closed_place",
        "visit_cancelled_at",
        "waiting_list_entry_outcome",
    },
    "a change first makes sure, with the row locked, that the account is open": {"account_closed"},
    "only patients' accounts are created with a patient": {"account_of_staff"},
    "an offer is made with a slot, to a visit or to an entry": {"offer_answered", "offer_reason"},
    "only the relay and the tidying write this row, in one place each": {"event_log_check", "event_log_only_row_check"},
    "the slot is locked": {
        "offer_open_of_slot",
        "slot_of_visit",
        "slot_queued_is_free",
        "slot_visit_id_key",
        "slot_visit_sits_here",
        "slot_withdrawn_is_empty",
        "visit_is_as_its_slot",
        "visit_on_slot",
        "visit_slot_points_back",
    },
    "the patient is locked": {
        "offer_open_of_entry",
        "offer_open_of_visit",
        "slot_held_by_id_key",
        "patient_double_of_another",
    },
    "the doctor is locked": {"uidx_doctor_clin_doctor__004034", "schedule_of_replaced"},
    "the account is locked": {"second_factor_account_id_key"},
    "at least 118 random bits never meet": {
        "account_email_token_hash_key",
        "partner_key_key_hash_key",
        "recovery_code_hash_key",
        "session_token_hash_key",
    },
    "39 random bits: once in many years a booking fails, and succeeds when it is repeated": {"visit_reference_key"},
    "the relay holds an advisory lock": {"event_position_key"},
    "written ON CONFLICT": {
        "uid_kept_answer_account_2d5932",
        "message_only_once_key",
        "one_time_password_hash_key",
        "workspace_session_id_key",
    },
    "each call is written with a change of its own": {"phone_call_change_id_key"},
    "only the start of the service writes this row, in one place": {"key_check_id_check"},
    "triggers that note a new version and refuse nothing": {
        "clinic_answers_move",
        "doctor_answers_move",
        "doctor_clinic_answers_move",
        "slot_answers_move",
    },
    "it contains the primary key": {"slot_as_seen_by_visit"},
    "not ours: Tortoise's list of migrations": {"uid_tortoise_mi_app_3803a5"},
}
FOREIGN_KEYS = "f"  # ids come from rows that were just read, and referenced rows are never deleted

_CONSTRAINTS = """
    SELECT conname AS name, contype::text AS type FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype NOT IN ('n', 'p')
    UNION ALL
    SELECT relname, 'u' FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace AND indisunique AND NOT indisprimary
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""


async def test_every_constraint_has_a_refusal_or_a_reason_why_it_needs_none() -> None:
    found = await database.fetch(_CONSTRAINTS)
    unreachable = [name for names in UNREACHABLE.values() for name in names]
    accounted_for = [*constraints.REFUSALS, *unreachable]
    assert len(accounted_for) == len(set(accounted_for))
    others = {row["name"] for row in found if row["type"] != FOREIGN_KEYS or row["name"] in unreachable}
    assert (others - set(accounted_for), set(accounted_for) - others) == (set(), set())


async def test_an_unknown_constraint_is_an_internal_error() -> None:
    anna = await cast.anna()
    anna.email_key = None
    with pytest.raises(IntegrityError) as broken, constraints.raise_refusals():
        await anna.save()
    assert constraints.constraint_name(broken.value) == "account_email"
    assert constraints.find_refusal(broken.value) is None


async def test_a_known_constraint_is_a_refusal() -> None:
    anna, borys = await cast.anna(), await cast.borys()
    borys.email_key = anna.email_key
    with pytest.raises(InvalidInput) as refused, constraints.raise_refusals():
        await borys.save()
    assert refused.value.flaws == [(("email",), "NOT_AVAILABLE")]


def test_what_broke_no_constraint_is_no_refusal() -> None:
    assert constraints.find_refusal(LookupError("gone")) is None
