"""Audit entry: who read or changed a patient's data, in plain words."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

import models.audit
from infra.text import Text
from models.accounts.account import Language
from schema.execution.limits import at_most
from schema.node import Node
from schema.reading_audit import Shown
from schema.scalars import public_id

ACTIONS = {
    "open_account": Text(pl="Założono konto.", en="An account was opened."),
    "sign_up_again": Text(
        pl="Ktoś próbował założyć konto z tym adresem.", en="Somebody tried to open an account with this address."
    ),
    "log_in": Text(pl="Logowanie.", en="Log-in."),
    "log_in_once": Text(pl="Logowanie hasłem jednorazowym.", en="Log-in with a one-time password."),
    "log_out": Text(pl="Wylogowanie.", en="Log-out."),
    "prove_password": Text(pl="Ponowne podanie hasła.", en="Confirmation of the password."),
    "change_password": Text(pl="Zmieniono hasło.", en="The password was changed."),
    "request_new_password": Text(pl="Zamówiono nowe hasło.", en="A new password was requested."),
    "update_contact": Text(pl="Zmiana danych kontaktowych.", en="Change of contact data."),
    "hold_slot": Text(pl="Zatrzymano termin na chwilę.", en="A slot was held for a short time."),
    "release_slot": Text(pl="Zwolniono zatrzymany termin.", en="A held slot was released."),
    "visit_booked": Text(pl="Zarezerwowano wizytę.", en="A visit was booked."),
    "visit_moved": Text(pl="Przełożono wizytę.", en="A visit was moved."),
    "visit_cancelled": Text(pl="Odwołano wizytę.", en="A visit was cancelled."),
    "confirm_visit": Text(pl="Potwierdzono wizytę.", en="A visit was confirmed."),
    "use_visit_link": Text(
        pl="Użyto osobistego odnośnika z wiadomości.", en="The personal link in an e-mail was used."
    ),
    "join_waiting_list": Text(pl="Zapisano na listę oczekujących.", en="The patient joined the waiting list."),
    "leave_waiting_list": Text(pl="Skreślono z listy oczekujących.", en="The patient left the waiting list."),
    "offer_term": Text(pl="Zaproponowano zwolniony termin.", en="A slot that had become free was offered."),
    "decline_offer": Text(pl="Odrzucono zaproponowany termin.", en="An offered slot was declined."),
    "doctor_absent": Text(
        pl="Wysłano wiadomość o nieobecności lekarza.", en="The patient was notified that the doctor is absent."
    ),
    "visit_takes_place": Text(
        pl="Wysłano wiadomość, że wizyta jednak się odbędzie.",
        en="The patient was notified that the visit takes place after all.",
    ),
    "export_data": Text(pl="Pobrano wszystkie dane.", en="All data were exported."),
    "read_list": Text(pl="Wyświetlono listę: {}.", en="A list was shown: {}."),
    "open_record": Text(pl="Otwarto kartotekę.", en="The record was opened."),
    "register_patient": Text(pl="Założono kartotekę w rejestracji.", en="Reception created the record."),
    "change_patient": Text(pl="Poprawiono dane w kartotece.", en="The record was corrected."),
    "mark_double": Text(pl="Oznaczono kartotekę jako dublet.", en="The record was marked as a double."),
    "unmark_double": Text(pl="Cofnięto oznaczenie dubletu.", en="The mark as a double was removed."),
    "invite_patient": Text(pl="Rejestracja założyła konto.", en="Reception opened an account."),
    "confirm_identity": Text(
        pl="Potwierdzono tożsamość na podstawie dokumentu.", en="The identity was confirmed from a document."
    ),
    "replace_email": Text(pl="Zmieniono adres e-mail konta.", en="The account's e-mail address was replaced."),
    "request_email": Text(pl="Podano nowy adres e-mail.", en="A new e-mail address was given."),
    "confirm_email": Text(pl="Potwierdzono nowy adres e-mail.", en="A new e-mail address was confirmed."),
    "remove_unclaimed": Text(
        pl="Usunięto konto, dla którego nikt nie ustawił hasła.", en="An account that nobody claimed was removed."
    ),
    "reveal_pesel": Text(
        pl="Odczytano pełny numer PESEL lub dokumentu.", en="The whole PESEL or document number was read."
    ),
    "visit_arrived": Text(pl="Oznaczono wizytę: pacjent przyszedł.", en="A visit was marked: the patient has arrived."),
    "visit_fulfilled": Text(pl="Oznaczono wizytę jako odbytą.", en="A visit was marked as having taken place."),
    "visit_no_show": Text(
        pl="Oznaczono wizytę: pacjent nie przyszedł.", en="A visit was marked: the patient did not come."
    ),
    "visit_called": Text(
        pl="Odnotowano rozmowę telefoniczną w sprawie wizyty.", en="A telephone call about a visit was recorded."
    ),
    "record_visit": Text(pl="Odnotowano wizytę bez rezerwacji.", en="A visit without a booking was recorded."),
    "undo_status": Text(pl="Cofnięto oznaczenie wizyty.", en="The mark of a visit was undone."),
    "resend_message": Text(pl="Ponownie wysłano wiadomość.", en="A message was sent again."),
    "invite_staff": Text(pl="Zaproszono osobę do zespołu.", en="A colleague was invited."),
    "change_staff": Text(pl="Zmieniono dane osoby z zespołu.", en="A colleague's name or role was changed."),
    "remove_staff": Text(pl="Usunięto osobę z zespołu.", en="A colleague was removed."),
    "add_partner": Text(pl="Dodano system partnera.", en="A partner system was added."),
    "rotate_partner_key": Text(pl="Wymieniono klucz systemu partnera.", en="A partner system got a new key."),
    "remove_partner": Text(pl="Usunięto system partnera.", en="A partner system was removed."),
    "rotate_secret": Text(pl="Wymieniono klucz główny.", en="The secret key was rotated."),
    "publish_schedule": Text(pl="Opublikowano grafik.", en="A schedule was published."),
    "change_schedule": Text(pl="Zmieniono grafik od wybranego dnia.", en="A schedule was changed from a given day on."),
    "add_slot": Text(pl="Dodano pojedynczy termin.", en="A single slot was added."),
    "withdraw_slots": Text(pl="Wycofano wolny termin.", en="A free slot was withdrawn."),
    "block_slot": Text(pl="Zablokowano wolny termin.", en="A free slot was blocked."),
    "unblock_slot": Text(pl="Odblokowano termin.", en="A blocked slot was opened again."),
    "report_absence": Text(pl="Zgłoszono nieobecność lekarza.", en="A doctor's absence was reported."),
    "end_absence": Text(pl="Zakończono nieobecność lekarza.", en="A doctor's absence was ended."),
    "open_clinic": Text(pl="Dodano poradnię.", en="A clinic was opened."),
    "change_clinic": Text(pl="Zmieniono poradnię lub jej reguły.", en="A clinic or its rules were changed."),
    "add_doctor": Text(pl="Dodano lekarza.", en="A doctor was added."),
    "change_doctor": Text(pl="Zmieniono dane lekarza.", en="A doctor's data were changed."),
    "close_clinic": Text(pl="Zamknięto poradnię od wybranego dnia.", en="A clinic was closed from a given day on."),
    "reopen_clinic": Text(pl="Otwarto poradnię ponownie.", en="A clinic was reopened."),
    "retire_doctor": Text(pl="Lekarz nie przyjmuje od wybranego dnia.", en="A doctor retired from a given day on."),
    "reinstate_doctor": Text(pl="Lekarz przyjmuje ponownie.", en="A doctor came back."),
    "second_factor": Text(pl="Podanie kodu drugiego składnika.", en="Entry of a second-factor code."),
    "use_recovery_code": Text(pl="Użyto kodu zapasowego.", en="A recovery code was used."),
    "confirm_second_factor": Text(pl="Włączono drugi składnik logowania.", en="A second factor was set up."),
    "remove_second_factor": Text(pl="Wyłączono drugi składnik logowania.", en="The second factor was removed."),
    "reset_second_factor": Text(
        pl="Wyłączono drugi składnik logowania innej osoby.", en="A colleague's second factor was reset."
    ),
    "close_account": Text(pl="Zamknięto konto.", en="The account was closed."),
}
# The kind of object of each action. Actions that are not listed here record the kind themselves, or have no object.
OBJECTS = {
    "Visit": (
        "visit_booked visit_moved visit_cancelled confirm_visit use_visit_link doctor_absent visit_takes_place"
        " visit_arrived visit_fulfilled visit_no_show visit_called record_visit undo_status"
    ),
    "Patient": (
        "open_record register_patient change_patient invite_patient confirm_identity replace_email reveal_pesel"
        " mark_double unmark_double"
    ),
    "Slot": "hold_slot release_slot offer_term decline_offer add_slot withdraw_slots block_slot unblock_slot",
    "WaitingListEntry": "join_waiting_list leave_waiting_list",
    "Message": "resend_message",
    "StaffMember": "invite_staff change_staff remove_staff reset_second_factor",
    "Partner": "add_partner rotate_partner_key remove_partner",
    "Schedule": "publish_schedule change_schedule",
    "Absence": "report_absence end_absence",
    "Clinic": "open_clinic change_clinic close_clinic reopen_clinic",
    "Doctor": "add_doctor change_doctor retire_doctor reinstate_doctor",
}
_KIND = {action: kind for kind, actions in OBJECTS.items() for action in actions.split()}
LISTS = {
    "visits": Text(pl="wizyty", en="visits"),
    "slots": Text(pl="terminarz", en="the day's sheet"),
    "patients": Text(pl="wyniki wyszukiwania pacjentów", en="patients found by a search"),
    "callList": Text(pl="do kogo zadzwonić", en="whom to call"),
    "messages": Text(pl="wiadomości", en="messages"),
    "waitingList": Text(pl="lista oczekujących", en="the waiting list"),
    "offersToTell": Text(pl="propozycje do przekazania telefonicznie", en="offers to pass on by telephone"),
    "auditTrail": Text(pl="dziennik dostępu", en="the audit trail"),
    "affectedVisits": Text(pl="wizyty u nieobecnego lekarza", en="visits of an absent doctor"),
}
ANY_LIST = Text(pl="lista", en="a list")
ACTORS = {
    "PATIENT": Text(pl="pacjent", en="the patient"),
    "RECEPTIONIST": Text(pl="rejestracja", en="reception"),
    "ADMINISTRATOR": Text(pl="administracja", en="administration"),
    "PARTNER": Text(pl="system partnera", en="a partner system"),
    "NOBODY": Text(pl="osoba niezalogowana", en="somebody not signed in"),
}


@strawberry.type(description="A value that an action changed.")
class AuditChange:
    field: str = strawberry.field(description="A stable, machine-readable name of the changed value, such as `status`.")
    before: str | None = strawberry.field(
        description="The value before the change; null if there was none. Values that identify a person are masked,"
        " such as `a***@example.org`; values that the lists of clinics and doctors show are not."
    )
    after: str | None = strawberry.field(
        description="The value after the change; null if there is none. It is masked in the same way."
    )


@strawberry.type(
    description="One action on a patient's data, a visit, a slot or an account. Entries are never changed; they are"
    " deleted after the number of years that the centre has set (setting AUDIT_YEARS)."
)
class AuditEntry(Node):
    at: datetime = strawberry.field(description="When the action took place.")
    who: str = strawberry.field(description="Who acted: a role, in the caller's language.")
    what: str = strawberry.field(description="What was done: a sentence in the caller's language.")
    action: str = strawberry.field(description="A stable, machine-readable name of the action, such as `visit_booked`.")
    outcome: str = strawberry.field(description="`done` or `refused`.")
    override_reason: str | None = strawberry.field(
        description="Why reception overrode a rule of the clinic; null if it overrode none."
    )
    passed_over: list[str] = strawberry.field(
        description="The rules that were overridden: NOTICE_TOO_SHORT, TOO_FAR_AHEAD, PLANNED_VISITS, CANCEL_UNTIL,"
        " PATIENT_IS_DOUBLE, NOT_BOOKED (`recordVisit`) or OWN_ADDRESS (`replacePatientEmail`)."
    )
    object_id: strawberry.ID | None = strawberry.field(
        description="The `Node.id` of the action's object, such as a visit, which may no longer exist. Null if the"
        " action has no object."
    )
    list_name: str | None = strawberry.field(
        description="The list that was shown, in the caller's language; null for any other action. Each page of a list"
        " adds one entry."
    )
    changes: list[AuditChange] = strawberry.field(
        directives=[at_most(10)], description="The recorded changes that the action made; empty if there are none."
    )
    staff_name: str | None = strawberry.field(
        description="The name of the colleague who acted; in `auditTrail` only, otherwise null."
    )

    patient_id: strawberry.Private[UUID | None]
    key: strawberry.Private[UUID]

    def shown(self) -> Shown | None:
        return ("AuditEntry", self.key, self.patient_id) if self.patient_id else None

    @classmethod
    def of(cls, row: models.audit.AuditEntry, language: Language, names: dict[UUID, str] | None = None) -> Self:
        unknown = Text(pl=row.action, en=row.action)
        kind = row.subject_kind or _KIND.get(row.action)
        changes = row.changes or {}
        last = (row.list_name or "").rpartition(".")[2]
        list_name = LISTS.get(last, ANY_LIST).in_(language) if last else None
        return cls(
            id=public_id("AuditEntry", row.id),
            at=row.at,
            who=ACTORS[row.role].in_(language),
            what=ACTIONS.get(row.action, unknown).in_(language).format(list_name),
            action=row.action,
            outcome=row.outcome,
            override_reason=row.override_reason,
            passed_over=row.passed_over.split(", ") if row.passed_over else [],
            object_id=public_id(kind, row.subject_id) if kind and row.subject_id else None,
            list_name=list_name,
            changes=[AuditChange(field=name, before=old, after=new) for name, (old, new) in changes.items()],
            patient_id=row.patient_id,
            key=row.id,
            staff_name=(names or {}).get(row.account_id) if row.account_id else None,
        )
