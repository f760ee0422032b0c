"""Who sees which type, and which field of it is for fewer: what somebody has decided, field by field."""

PATIENT, RECEPTIONIST, ADMINISTRATOR, PARTNER = "patient", "receptionist", "administrator", "partner"
EVERYBODY = {"anonymous", PATIENT, RECEPTIONIST, ADMINISTRATOR, PARTNER}
OWN_AND_DESK = {PATIENT, RECEPTIONIST, ADMINISTRATOR}
OWN = {PATIENT}
DESK = {RECEPTIONIST, ADMINISTRATOR}
ADMINISTRATION = {ADMINISTRATOR}
FOLLOWERS = {ADMINISTRATOR, PARTNER}

FEWER = {"Patient.accessLog": {PATIENT, ADMINISTRATOR}, "Patient.waitingList": OWN, "Visit.patient": OWN_AND_DESK}

EVENT = "cursor id occurredAt clinicId"
TYPES: dict[str, tuple[set[str], str]] = {
    "Absence": (DESK, "id doctor startsAt endsAt reason reportedAt endedAt"),
    "AbsenceReport": (DESK, "absence withdrawnSlots affectedVisits"),
    "Accepted": (EVERYBODY, "message"),
    "Account": (OWN_AND_DESK, "login email role mustChangePassword hasSecondFactor patient"),
    "AffectedVisit": (DESK, "visit patient offer"),
    "AuditEntry": (OWN, "id at who what action outcome overrideReason passedOver staffName"),
    "BookingRules": (EVERYBODY, "daysAhead minimumNoticeMinutes cancelUntilMinutes plannedVisitsPerPatient"),
    "CallListEntry": (DESK, "visit reason phone message offer"),
    "Clinic": (EVERYBODY, "id name description address phone rules doctors nextFreeSlot"),
    "Doctor": (EVERYBODY, "id title firstName lastName fullName specialties clinics nextFreeSlot"),
    "FieldProblem": (EVERYBODY, "path code message"),
    "FreeDay": (EVERYBODY, "date freeSlots firstStartsAt"),
    "IdentityDocument": (OWN_AND_DESK, "kind country numberMasked"),
    "Message": (DESK, "id kind medium state to reason tries createdAt dueAt sentAt settledAt visit"),
    "Offer": (OWN_AND_DESK, "id reason slot expiresAt answer visitId"),
    "PageInfo": (EVERYBODY, "hasNextPage hasPreviousPage startCursor endCursor"),
    "Partner": (ADMINISTRATION, "id name showsReferences createdAt removedAt clinics"),
    "PartnerKey": (ADMINISTRATION, "partner key othersEndAt"),
    "Patient": (
        OWN_AND_DESK,
        "id firstName lastName peselMasked document email phone smsReminders plannedVisits pastVisits waitingList"
        " offers accessLog",
    ),
    "PublishedSchedule": (DESK, "schedule changes"),
    "RevealedIdentity": (DESK, "patient pesel documentNumber"),
    "Schedule": (DESK, "id doctor clinic lines validFrom validUntil onSundays onHolidays filledUntil"),
    "ScheduleBreak": (DESK, "from until"),
    "ScheduleChanges": (DESK, "days newSlots withdrawnSlots visitsOutside"),
    "ScheduleDay": (DESK, "date newSlots withdrawnSlots"),
    "ScheduleLine": (DESK, "weekday from until slotMinutes breaks"),
    "SecondFactorOffer": (DESK, "secret uri"),
    "SecondFactorSet": (DESK, "recoveryCodes"),
    "ServiceHours": (EVERYBODY, "isOpen opensAt closesAt timeZone now nextOpening nextClosing"),
    "Session": (EVERYBODY, "token expiresAt account"),
    "Slot": (EVERYBODY, "id startsAt endsAt isFree clinic doctor"),
    "SlotChange": (EVERYBODY, "slot isFree"),
    "SlotHold": (OWN, "slot expiresAt"),
    "SlotsPublished": (FOLLOWERS, f"{EVENT} doctorId slots"),
    "SlotsWithdrawn": (FOLLOWERS, f"{EVENT} doctorId slots"),
    "StaffMember": (ADMINISTRATION, "id name email role invitedAt hasOwnPassword hasSecondFactor"),
    "Visit": (
        OWN_AND_DESK,
        "id reference status startsAt endsAt clinic doctor reason bookedAt channel cancellableUntil cancelledAt patient"
        " history calendar doctorIsAbsent",
    ),
    "VisitBooked": (FOLLOWERS, f"{EVENT} visitReference slot"),
    "VisitCancelled": (FOLLOWERS, f"{EVENT} visitReference slot"),
    "VisitChange": (OWN_AND_DESK, "at kind fromStartsAt toStartsAt by reason channel overrideReason"),
    "VisitRescheduled": (FOLLOWERS, f"{EVENT} visitReference fromSlot toSlot"),
    "WaitingListEntry": (OWN, "id clinic doctor from until earliest latest offer"),
    "WithdrawnSlots": (DESK, "count"),
}

# Refusals go to who was refused; beside their sentence they tell only this.
REFUSALS = {
    "InvalidInput": "fields", "MessageNotResendable": "reason", "OutsideServiceHours": "opensAt",
    "PatientExists": "patient", "RecordsNotMerged": "patient", "SlotHeld": "heldUntil isOffer", "SlotClosed": "reason",
    "SlotNotBookable": "reason", "SecondFactorRequired": "reason",
    "SlotTaken": "alternatives", "SlotsNotFree": "slots", "SlotsOverlap": "slots",
    "StatusNotChangeable": "status wanted reason", "TooManyAttempts": "retryAt", "TooManyVisits": "limit",
    "VisitNotChangeable": "status cancellableUntil", "VisitsOverlap": "visit", "WeakPassword": "reasons",
    **dict.fromkeys((
        "AccountExists", "KeyReused", "LastAdministrator", "MessageNotFound", "OfferNotFound", "OfferOver",
        "PartnerNotFound", "PatientNotFound", "SecondFactorNotBegun", "SecondFactorPresent", "SlotKept",
        "SlotNotFound", "StaffNotFound", "VisitNotFound", "WrongCode", "WrongCredentials",
    ), ""),
}  # fmt: skip

WEEK = """{ doctorId: "<other>", clinicId: "<clinic>", validFrom: "2026-11-24",
    lines: [{ weekday: FRIDAY, from: "08:00", until: "09:00", slotMinutes: 20,
        breaks: [{ from: "08:20", until: "08:40" }] }] }"""
AWAY = (
    """{ doctorId: "<doctor>", from: "2026-11-24T00:00:00+01:00", until: "2026-11-25T00:00:00+01:00", reason: "x" }"""
)
# A real way to each type that has no id of its own; what lies within another type is tried there.
PATHS = {
    "Account": "{ me { %s } }",
    "Accepted": 'mutation { requestNewPassword(input: { email: "x@example.pl" }) { %s } }',
    "ServiceHours": "{ serviceHours { %s } }",
    "FreeDay": '{ freeDays(clinicId: "<clinic>", from: "2026-11-23", until: "2026-11-30") { %s } }',
    "CallListEntry": '{ callList(day: "2026-11-24") { %s } }',
    "Partner": "{ partners { %s } }",
    "PartnerKey": 'mutation { rotatePartnerKey(input: { partnerId: "<partner>" }) { ... on PartnerKey { %s } } }',
    "PublishedSchedule": f"mutation {{ publishSchedule(input: {WEEK}) {{ ... on PublishedSchedule {{ %s }} }} }}",
    "ScheduleChanges": f"mutation {{ previewSchedule(input: {WEEK}) {{ ... on ScheduleChanges {{ %s }} }} }}",
    "AbsenceReport": f"mutation {{ reportAbsence(input: {AWAY}) {{ ... on AbsenceReport {{ %s }} }} }}",
    "RevealedIdentity": 'mutation { revealPesel(input: { patientId: "<patient>" })'
    " { ... on RevealedIdentity { %s } } }",
    "SecondFactorOffer": 'mutation { beginSecondFactor(input: { currentPassword: "<password>" })'
    " { ... on SecondFactorOffer { %s } } }",
    "SlotHold": 'mutation { holdSlot(input: { slotId: "<slot>" }) { ... on SlotHold { %s } } }',
    "WithdrawnSlots": 'mutation { withdrawSlots(input: { slotIds: ["<slot>"] }) { ... on WithdrawnSlots { %s } } }',
    "InvalidInput": 'mutation { signUp(input: { email: "", pesel: "", firstName: "", lastName: "" })'
    " { ... on InvalidInput { %s } } }",
    **{
        name: f"{{ events(first: 50) {{ nodes {{ ... on {name} {{ %s }} }} }} }}"
        for name in ("SlotsPublished", "SlotsWithdrawn", "VisitBooked", "VisitCancelled", "VisitRescheduled")
    },
    # The last: a log-in ends the session that it came with.
    "Session": 'mutation { logIn(input: { login: "anna@example.pl", password: "<password>" })'
    " { ... on Session { %s } } }",
}  # fmt: skip
# Only over a socket (tests/live), or by a code that only a telephone knows (tests/resolvers/test_securing.py).
ELSEWHERE = {"SlotChange", "SecondFactorSet"}
