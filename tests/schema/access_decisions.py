"""Decisions on who sees which type, and on fields that fewer callers see than the type itself."""

PATIENT, RECEPTIONIST, ADMINISTRATOR, PARTNER = "patient", "receptionist", "administrator", "partner"
EVERYBODY = {"anonymous", PATIENT, RECEPTIONIST, ADMINISTRATOR, PARTNER}
OWN_AND_DESK = {PATIENT, RECEPTIONIST, ADMINISTRATOR}
OWN = {PATIENT}
DESK = {RECEPTIONIST, ADMINISTRATOR}
ADMINISTRATION = {ADMINISTRATOR}
FOLLOWERS = {ADMINISTRATOR, PARTNER}

OF_SHEET = "state visit heldUntil offer absence blockReason"
FEWER = {
    "Account.workspace": DESK,
    "Offer.patient": OWN_AND_DESK,
    "Patient.accessLog": {PATIENT, ADMINISTRATOR},
    "Patient.calls": DESK,
    "Patient.birthDate": DESK,
    "Patient.doubleOf": DESK,
    "Patient.formerNames": DESK,
    "Patient.waitingList": OWN_AND_DESK,
    "WaitingListEntry.patient": OWN_AND_DESK,
    **{f"Slot.{field}": DESK for field in OF_SHEET.split()},
    "Visit.patient": OWN_AND_DESK,
    "VisitChange.staffName": DESK,
}

EVENT = "cursor id occurredAt clinicId"
TYPES: dict[str, tuple[set[str], str]] = {
    "Absence": (DESK, "id doctor startsAt endsAt reason reportedAt endedAt"),
    "AbsencePreview": (DESK, "withdrawnSlots affectedVisits"),
    "AbsenceReport": (DESK, "absence withdrawnSlots affectedVisits"),
    "Accepted": (EVERYBODY, "message"),
    "Account": (
        OWN_AND_DESK,
        "login email role mustChangePassword language session hasSecondFactor patient pendingEmail workspace clinics",
    ),
    "AffectedVisit": (DESK, "visit patient offer"),
    "AuditEntry": (OWN, "id at who what action objectId listName changes outcome overrideReason passedOver staffName"),
    "AuditChange": (OWN, "field before after"),
    "BookingRules": (EVERYBODY, "daysAhead minimumNoticeMinutes cancelUntilMinutes plannedVisitsPerPatient"),
    "Call": (DESK, "id at outcome againAt note visit staffName"),
    "CallListEntry": (DESK, "visit reason phone message offer calls"),
    "ChangedSchedule": (DESK, "before schedule changes"),
    "Clinic": (EVERYBODY, "id name description address phone rules doctors nextFreeSlot closedFrom"),
    "ClosedClinic": (ADMINISTRATION, "clinic changes"),
    "ClosingChanges": (
        ADMINISTRATION,
        "withdrawnSlots endedHolds withdrawnOffers schedules waitingListEntries visitsTotal visits",
    ),
    "Doctor": (EVERYBODY, "id title firstName lastName fullName specialties clinics nextFreeSlot retiredFrom"),
    "FieldProblem": (EVERYBODY, "path code message"),
    "FormerName": (DESK, "firstName lastName until"),
    "FreeDay": (EVERYBODY, "date freeSlots firstStartsAt"),
    "IdentityDocument": (OWN_AND_DESK, "kind country numberMasked"),
    "Message": (DESK, "id kind medium state to reason tries createdAt dueAt sentAt settledAt visit"),
    "MyChange": (OWN, "at"),
    "Offer": (OWN_AND_DESK, "id reason slot expiresAt answer visitId patient"),
    "PageInfo": (EVERYBODY, "hasNextPage hasPreviousPage startCursor endCursor"),
    "Partner": (ADMINISTRATION, "id name showsReferences createdAt removedAt clinics"),
    "PartnerKey": (ADMINISTRATION, "partner key othersEndAt"),
    "PatientChange": (DESK, "patientId at"),
    "Patient": (
        OWN_AND_DESK,
        "id firstName lastName peselMasked document email phone smsReminders plannedVisits pastVisits waitingList"
        " offers accessLog formerNames calls identityConfirmedAt identitySeen toBeCompleted birthDate doubleOf",
    ),
    "PublishedSchedule": (DESK, "schedule changes"),
    "ReinstatedDoctor": (ADMINISTRATION, "doctor restoredSlots"),
    "ReopenedClinic": (ADMINISTRATION, "clinic restoredSlots"),
    "ReopeningChanges": (ADMINISTRATION, "restoredSlots"),
    "RetiredDoctor": (ADMINISTRATION, "doctor changes"),
    "RevealedIdentity": (DESK, "patient pesel documentNumber"),
    "Schedule": (DESK, "id doctor clinic lines validFrom validUntil onSundays onHolidays filledUntil"),
    "ScheduleBreak": (DESK, "from until"),
    "ScheduleChanges": (DESK, "days newSlots withdrawnSlots withdrawnTotal visitsOutside"),
    "ScheduleDay": (DESK, "date newSlots withdrawnSlots"),
    "ScheduleLine": (DESK, "weekday from until slotMinutes breaks"),
    "SecondFactorOffer": (DESK, "secret uri qrCode"),
    "SecondFactorSet": (DESK, "recoveryCodes"),
    "Centre": (
        EVERYBODY,
        "name phone phoneNumber address logoUrl colour privacyUrl termsUrl accessibilityUrl passwordMinLength",
    ),
    "LinkedVisit": (EVERYBODY, "startsAt endsAt address phone status confirmedAt cancellableUntil"),
    "OpenSession": (OWN_AND_DESK, "endsAt latestEnd"),
    "ServiceHours": (EVERYBODY, "isOpen opensAt closesAt timeZone now nextOpening nextClosing"),
    "Session": (EVERYBODY, "token device expiresAt account"),
    "Slot": (EVERYBODY, f"id startsAt endsAt isFree clinic doctor {OF_SHEET}"),
    "SlotChange": (EVERYBODY, "slot isFree"),
    "SlotHold": (OWN, "slot expiresAt"),
    "SlotsPublished": (FOLLOWERS, f"{EVENT} doctorId slots"),
    "SlotsWithdrawn": (FOLLOWERS, f"{EVENT} doctorId slots"),
    "StaffMember": (ADMINISTRATION, "id name email role invitedAt hasOwnPassword hasSecondFactor clinics"),
    "Visit": (
        OWN_AND_DESK,
        "id reference status startsAt endsAt clinic doctor reason bookedAt channel cancellableUntil cancelledAt patient"
        " history calendar doctorIsAbsent confirmedAt",
    ),
    "VisitBooked": (FOLLOWERS, f"{EVENT} visitReference slot"),
    "VisitCancelled": (FOLLOWERS, f"{EVENT} visitReference slot"),
    "VisitChange": (OWN_AND_DESK, "at kind fromStartsAt toStartsAt by reason channel overrideReason staffName"),
    "VisitRescheduled": (FOLLOWERS, f"{EVENT} visitReference fromSlot toSlot"),
    "WaitingListEntry": (OWN_AND_DESK, "id clinic doctor from until weekdays earliest latest offer patient joinedAt"),
    "WithdrawnSlots": (DESK, "count"),
}

# Refusals are seen only by the caller refused; besides their message they contain only these fields.
REFUSALS = {
    "ClinicClosed": "closedFrom",
    "ClinicExists": "clinic",
    "DoctorExists": "doctor",
    "DoctorRetired": "retiredFrom",
    "IdentityNotConfirmed": "patient",
    "InvalidInput": "fields",
    "MessageNotResendable": "reason",
    "OutsideServiceHours": "opensAt",
    "PatientExists": "patient",
    "PatientIsDouble": "patient",
    "RecordsNotMerged": "patient",
    "RecordsOverlap": "visits",
    "SlotHeld": "heldUntil isOffer",
    "SlotClosed": "reason",
    "SlotNotBookable": "reason",
    "SecondFactorRequired": "reason",
    "SlotTaken": "alternatives",
    "SlotsNotFree": "slots",
    "SlotsOverlap": "slots",
    "StatusNotChangeable": "status wanted reason",
    "TooManyAttempts": "retryAt",
    "TooManyVisits": "limit",
    "VisitNotChangeable": "status cancellableUntil",
    "VisitsOverlap": "visit",
    "WeakPassword": "reasons",
    **dict.fromkeys(
        (
            "AccountExists",
            "AddressInUse",
            "ClinicNotYours",
            "KeyReused",
            "LastAdministrator",
            "LinkNotValid",
            "MessageNotFound",
            "NoAccount",
            "OfferNotFound",
            "OfferOver",
            "PartnerNotFound",
            "PatientIncomplete",
            "PatientNotFound",
            "ScheduleNotFound",
            "SecondFactorNotBegun",
            "SecondFactorPresent",
            "SlotKept",
            "SlotNotBlocked",
            "SlotNotFound",
            "StaffAtWork",
            "StaffNotFound",
            "VisitNotFound",
            "WaitingListEntryNotFound",
            "WrongCode",
            "WrongCredentials",
        ),
        "",
    ),
}

WEEK = """{ doctorId: "<other>", clinicId: "<clinic>", validFrom: "2026-11-24",
    lines: [{ weekday: FRIDAY, from: "08:00", until: "09:00", slotMinutes: 20,
        breaks: [{ from: "08:20", until: "08:40" }] }] }"""
AWAY = (
    """{ doctorId: "<doctor>", from: "2026-11-24T00:00:00+01:00", until: "2026-11-25T00:00:00+01:00", reason: "x" }"""
)
CLOSED = """{ clinicId: "<clinic>", from: "2027-06-01" }"""
# A working document for each type without an id of its own; nested types are tested with the types that contain them.
PATHS = {
    "Account": "{ me { %s } }",
    "Accepted": 'mutation { requestNewPassword(input: { email: "x@example.pl" }) { %s } }',
    "Centre": "{ centre { %s } }",
    "LinkedVisit": '{ linkedVisit(token: "<link>") { %s } }',
    "OpenSession": "mutation { extendSession { %s } }",
    "ServiceHours": "{ serviceHours { %s } }",
    "FreeDay": '{ freeDays(clinicId: "<clinic>", from: "2026-11-23", until: "2026-11-30") { %s } }',
    "CallListEntry": '{ callList(day: "2026-11-24") { %s } }',
    "Partner": "{ partners { %s } }",
    "PartnerKey": 'mutation { rotatePartnerKey(input: { partnerId: "<partner>" }) { ... on PartnerKey { %s } } }',
    "PublishedSchedule": f"mutation {{ publishSchedule(input: {WEEK}) {{ ... on PublishedSchedule {{ %s }} }} }}",
    "ScheduleChanges": f"mutation {{ previewSchedule(input: {WEEK}) {{ ... on ScheduleChanges {{ %s }} }} }}",
    "ChangedSchedule": 'mutation { changeSchedule(input: { scheduleId: "<schedule>", from: "2026-12-01", lines: [] })'
    " { ... on ChangedSchedule { %s } } }",
    "AbsencePreview": f"mutation {{ previewAbsence(input: {AWAY}) {{ ... on AbsencePreview {{ %s }} }} }}",
    "AbsenceReport": f"mutation {{ reportAbsence(input: {AWAY}) {{ ... on AbsenceReport {{ %s }} }} }}",
    "RevealedIdentity": 'mutation { revealPesel(input: { patientId: "<patient>" })'
    " { ... on RevealedIdentity { %s } } }",
    "SecondFactorOffer": 'mutation { beginSecondFactor(input: { currentPassword: "<password>" })'
    " { ... on SecondFactorOffer { %s } } }",
    "ClosedClinic": f"mutation {{ closeClinic(input: {CLOSED}) {{ ... on ClosedClinic {{ %s }} }} }}",
    "ClosingChanges": f"mutation {{ previewCloseClinic(input: {CLOSED}) {{ ... on ClosingChanges {{ %s }} }} }}",
    "ReopeningChanges": 'mutation { previewReopenClinic(input: { clinicId: "<clinic>" })'
    " { ... on ReopeningChanges { %s } } }",
    "ReopenedClinic": 'mutation { reopenClinic(input: { clinicId: "<clinic>" }) { ... on ReopenedClinic { %s } } }',
    "RetiredDoctor": 'mutation { retireDoctor(input: { doctorId: "<doctor>", from: "2027-06-01" })'
    " { ... on RetiredDoctor { %s } } }",
    "ReinstatedDoctor": 'mutation { reinstateDoctor(input: { doctorId: "<doctor>" })'
    " { ... on ReinstatedDoctor { %s } } }",
    "SlotHold": 'mutation { holdSlot(input: { slotId: "<slot>" }) { ... on SlotHold { %s } } }',
    "WithdrawnSlots": 'mutation { withdrawSlots(input: { slotIds: ["<slot>"] }) { ... on WithdrawnSlots { %s } } }',
    "InvalidInput": 'mutation { signUp(input: { email: "", pesel: "", firstName: "", lastName: "" })'
    " { ... on InvalidInput { %s } } }",
    **{
        name: f"{{ events(first: 50) {{ nodes {{ ... on {name} {{ %s }} }} }} }}"
        for name in ("SlotsPublished", "SlotsWithdrawn", "VisitBooked", "VisitCancelled", "VisitRescheduled")
    },
    # This is last, because a login ends the session with which it was requested.
    "Session": 'mutation { logIn(input: { login: "anna@example.pl", password: "<password>" })'
    " { ... on Session { %s } } }",
}
# These need a socket (tests/web/live) or an authenticator's code (tests/resolvers/test_second_factor.py).
ELSEWHERE = {"SlotChange", "MyChange", "PatientChange", "SecondFactorSet"}
