"""The statements of a booking: what the rules ask for, and the rows that it writes."""

from models.slots import booking_rules

# Locks the patient first, then the slot, as everywhere else.
LOCK = """
    WITH locked_patient AS MATERIALIZED (SELECT id FROM patient WHERE id = :patient_id FOR NO KEY UPDATE)
    SELECT id FROM slot WHERE id = :slot_id AND EXISTS (SELECT FROM locked_patient) FOR UPDATE
"""
SLOT_TAKEN = """
    SELECT slot.visit_id IS NOT NULL AND slot.withdrawn_at IS NULL
        AND slot.starts_at >= :now::timestamptz + clinic.minimum_notice_minutes * interval '1 minute'
        AND slot.starts_at < :now::timestamptz + clinic.days_ahead * interval '1 day'
    FROM slot JOIN clinic ON clinic.id = slot.clinic_id WHERE slot.id = :slot_id::uuid
"""
# The patient is on the waiting list or has an open offer; replace the name in braces with a column or parameter.
HAS_WISHES = """(
    EXISTS (SELECT FROM waiting_list_entry WHERE patient_id = {patient_id} AND ended_at IS NULL)
    OR EXISTS (SELECT FROM offer WHERE patient_id = {patient_id} AND answer = 'OPEN')
)"""
_READ = """
    SELECT found.planned, found.in_all_clinics, found.overlapping, found.has_wishes, {columns}
    FROM slot
    JOIN clinic ON clinic.id = slot.clinic_id
    JOIN doctor ON doctor.id = slot.doctor_id
    JOIN patient ON patient.id = :patient_id
    {more}
    CROSS JOIN LATERAL (
        SELECT {planned} AS planned,
            CASE WHEN patient.is_claim THEN (
                SELECT count(*) FROM visit
                WHERE visit.patient_id = :patient_id AND visit.status IN ('BOOKED', 'ARRIVED') AND visit.ends_at > :now
            ) ELSE 0 END AS in_all_clinics,
            {overlapping} AS overlapping,
            {has_wishes} AS has_wishes
        OFFSET 0
    ) AS found
    WHERE slot.id = :slot_id
"""
_RULES = {
    "has_wishes": HAS_WISHES.format(patient_id=":patient_id"),
    "planned": booking_rules.COUNT_PLANNED.format(patient_id=":patient_id", clinic_id="slot.clinic_id"),
    "overlapping": booking_rules.FIND_OVERLAPPING.format(
        patient_id=":patient_id", starts_at="slot.starts_at", ends_at="slot.ends_at", moved_id="NULL::uuid"
    ),
}
# Stricter than the rules in Python, which decide if this is false: for example, it leaves the last bookable days to
# Python, because it counts periods of 24 hours instead of local days.
_NO_RULE_FORBIDS = """
    patient.joined_to_id IS NULL AND NOT found.has_wishes AND found.overlapping IS NULL
    AND found.planned < clinic.planned_visits_per_patient
    AND (NOT patient.is_claim OR found.in_all_clinics < :unconfirmed_visits::int)
    AND slot.visit_id IS NULL AND slot.withdrawn_at IS NULL AND slot.queued_at IS NULL
    AND (slot.held_until IS NULL OR slot.held_until <= :now OR slot.held_by_id = :patient_id)
    AND slot.starts_at > :now AND slot.starts_at >= :now + clinic.minimum_notice_minutes * interval '1 minute'
    AND slot.starts_at < :now + (clinic.days_ahead - 1) * interval '24 hours'
"""
# The conditions of Slot.claim: of any number of rivals only one updates the slot, and only its rows are written.
WRITE = """
    WITH claimed AS (
        UPDATE slot SET visit_id = :visit_id::uuid, queued_at = NULL, held_by_id = NULL, held_until = NULL,
            is_offer = false
        WHERE id = :slot_id::uuid AND visit_id IS NULL AND withdrawn_at IS NULL
            AND (held_until IS NULL OR held_until <= :now::timestamptz OR held_by_id = :patient_id::uuid)
            AND (queued_at IS NULL OR held_by_id = :patient_id::uuid AND held_until > :now::timestamptz)
        RETURNING id, clinic_id, doctor_id, starts_at, ends_at
    ), booked AS (
        INSERT INTO visit (id, reference, status, channel, patient_id, slot_id, clinic_id, doctor_id, starts_at,
            ends_at, reason, booked_at, changed_at, sequence)
        SELECT :visit_id::uuid, :reference::text, 'BOOKED', :channel::text, :patient_id::uuid, id, clinic_id,
            doctor_id, starts_at, ends_at, :reason::text, :now::timestamptz, :now::timestamptz, 0
        FROM claimed
    ), told AS (
        INSERT INTO visit_change (id, visit_id, at, kind, to_starts_at, by, channel, override_reason,
            account_id)
        SELECT :change_id::uuid, :visit_id::uuid, :now::timestamptz, 'BOOKED', starts_at, :by::text, :channel::text,
            :override_reason::text, :actor_id::uuid
        FROM claimed
    ), written AS (
        INSERT INTO message (id, kind, medium, state, "to", language, account_id, visit_id, details, request_id,
            created_at, due_at, tries)
        SELECT :message_id::uuid, :kind::text, :medium::text, :state::text, :to::text, :language::text,
            :account_id::uuid, :visit_id::uuid, :letter::jsonb, :request_id::text, :now::timestamptz,
            :now::timestamptz, 0
        FROM claimed WHERE :to::text IS NOT NULL
    ), audited AS (
        INSERT INTO audit_entry (id, at, account_id, role, patient_id, action, subject_id, outcome, request_id,
            override_reason, passed_over)
        SELECT :entry_id::uuid, :now::timestamptz, :actor_id::uuid, :role::text, :patient_id::uuid, 'visit_booked',
            :visit_id::uuid, 'done', :request_id::text, :override_reason::text, :passed_over::text
        FROM claimed
    ), appended AS (
        INSERT INTO event (id, occurred_at, clinic_id, happening, details)
        SELECT :event_id::uuid, :now::timestamptz, clinic_id, :happening::text, :event::jsonb FROM claimed
    )
    SELECT count(*) FROM claimed
"""
# The function writes nothing and returns false if the key is already known or something read has changed.
_IF_UNCHANGED = """book_if_unchanged(
    :patient_id, {versions}, :now, :visit_id, :reference, :channel, :reason,
    :change_id, :by, :actor_id, :role, :entry_id, :request_id,
    :message_id, :to, :language, :account_id, {letter}, :event_id, :event, :key, :fingerprint, :keys_known_since
)"""
WRITE_UNCHANGED = "SELECT " + _IF_UNCHANGED.format(
    versions=":patient_version, :slot_id, :slot_version, :clinic_id, :clinic_version, :planned, :in_all_clinics",
    letter=":letter",
)
# The letter as `side_effects.snapshot` writes it; a test compares the two.
_BOOK_AT_ONCE = _IF_UNCHANGED.format(
    versions="patient.xmin, slot.id, slot.xmin, clinic.id, clinic.xmin, found.planned,"
    " CASE WHEN patient.is_claim THEN found.in_all_clinics END",
    letter="""jsonb_build_object('visit', :facts::jsonb || jsonb_build_object(
        'starts_at', to_char(slot.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
        'ends_at', to_char(slot.ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
        'address', clinic.address, 'phone', clinic.phone))""",
)
VERSIONS = "patient.is_claim, patient.joined_to_id, patient.xmin, slot.xmin, clinic.xmin, "
BOOKED_AT_ONCE = f"CASE WHEN :may_book::boolean AND {_NO_RULE_FORBIDS} THEN {_BOOK_AT_ONCE} END, "


def reading(columns: str, more: str = "") -> str:
    return _READ.format(columns=columns, more=more, **_RULES)
