"""Audit entry: who read or changed a patient's data, in plain words."""

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

import models.audit
from models.account import Language
from schema.node import Node
from schema.scalars import public_id

WORDS = {
    "open_account": ("An account was opened.", "Otwarto konto."),
    "sign_up_again": (
        "Somebody tried to open an account with your data.",
        "Ktoś próbował otworzyć konto z Twoimi danymi.",
    ),
    "log_in": ("Log-in.", "Logowanie."),
    "log_in_once": ("Log-in with a one-time password.", "Logowanie hasłem jednorazowym."),
    "log_out": ("Log-out.", "Wylogowanie."),
    "prove_password": ("The password was asked for again.", "Ponownie zapytano o hasło."),
    "change_password": ("The password was changed.", "Zmieniono hasło."),
    "request_new_password": ("A new password was asked for.", "Poproszono o nowe hasło."),
    "update_contact": ("Contact data were changed.", "Zmieniono dane kontaktowe."),
    "hold_slot": ("A term was held for a moment.", "Wstrzymano termin na chwilę."),
    "release_slot": ("A held term was released.", "Zwolniono wstrzymany termin."),
    "visit_booked": ("A visit was booked.", "Zarezerwowano wizytę."),
    "visit_moved": ("A visit was moved.", "Przełożono wizytę."),
    "visit_cancelled": ("A visit was cancelled.", "Odwołano wizytę."),
    "join_waiting_list": ("The waiting list was joined.", "Zapisano na listę oczekujących."),
    "leave_waiting_list": ("The waiting list was left.", "Wypisano z listy oczekujących."),
    "offer_term": ("A term that came free was offered.", "Zaproponowano zwolniony termin."),
    "decline_offer": ("An offered term was declined.", "Odrzucono zaproponowany termin."),
    "doctor_absent": ("The doctor is absent: you were told.", "Lekarz jest nieobecny: wysłano wiadomość."),
    "export_data": ("All data were exported.", "Pobrano wszystkie dane."),
    "open_record": ("Your record was opened.", "Otwarto kartotekę."),
    "register_patient": ("A record was opened at reception.", "Założono kartotekę w rejestracji."),
    "change_patient": ("Your record was corrected.", "Poprawiono dane w kartotece."),
    "invite_patient": ("An account was opened at reception.", "Rejestracja otworzyła konto."),
    "reveal_pesel": (
        "Your whole PESEL or document number was looked at.",
        "Odczytano pełny numer PESEL lub dokumentu.",
    ),
    "visit_arrived": ("A visit was marked: you have come.", "Oznaczono wizytę: pacjent przyszedł."),
    "visit_fulfilled": ("A visit was marked as held.", "Oznaczono wizytę jako odbytą."),
    "visit_no_show": ("A visit was marked: nobody came.", "Oznaczono wizytę: nikt nie przyszedł."),
    "visit_called": ("A telephone call about a visit was noted.", "Odnotowano telefon w sprawie wizyty."),
    "resend_message": ("A message was sent again.", "Ponownie wysłano wiadomość."),
    "invite_staff": ("A colleague was invited.", "Zaproszono osobę z personelu."),
    "remove_staff": ("A colleague was removed.", "Usunięto osobę z personelu."),
    "add_partner": ("A partner system was added.", "Dodano system partnera."),
    "rotate_partner_key": ("A partner system's key was renewed.", "Wymieniono klucz systemu partnera."),
    "remove_partner": ("A partner system was removed.", "Usunięto system partnera."),
    "rotate_secret": ("The secret key was rotated.", "Wymieniono klucz główny."),
    "publish_schedule": ("A schedule was published.", "Opublikowano grafik."),
    "add_slot": ("A single term was added.", "Dodano pojedynczy termin."),
    "withdraw_slots": ("A free term was withdrawn.", "Wycofano wolny termin."),
    "block_slot": ("A free term was blocked.", "Zablokowano wolny termin."),
    "report_absence": ("A doctor's absence was reported.", "Zgłoszono nieobecność lekarza."),
    "end_absence": ("A doctor's absence was ended.", "Zakończono nieobecność lekarza."),
    "open_clinic": ("A clinic was opened.", "Otwarto poradnię."),
    "change_clinic": ("A clinic or its rules were changed.", "Zmieniono poradnię lub jej reguły."),
    "add_doctor": ("A doctor was added.", "Dodano lekarza."),
    "change_doctor": ("A doctor's data were changed.", "Zmieniono dane lekarza."),
    "second_factor": ("A code of the second factor was asked for.", "Zapytano o kod drugiego składnika."),
    "use_recovery_code": ("A recovery code was used.", "Użyto kodu zapasowego."),
    "confirm_second_factor": ("A second factor was set up.", "Włączono drugi składnik logowania."),
    "remove_second_factor": ("The second factor was removed.", "Wyłączono drugi składnik logowania."),
    "reset_second_factor": ("A colleague's second factor was reset.", "Wyłączono drugi składnik innej osoby."),
    "close_account": ("The account was closed.", "Zamknięto konto."),
}
WHO = {
    "PATIENT": ("you", "Ty"),
    "RECEPTIONIST": ("reception", "rejestracja"),
    "ADMINISTRATOR": ("administration", "administracja"),
    "PARTNER": ("partner system", "system partnera"),
    "NOBODY": ("somebody not signed in", "osoba niezalogowana"),
}


@strawberry.type(description="One thing that was done with a patient's data; never changed, never removed.")
class AuditEntry(Node):
    at: datetime = strawberry.field(description="When.")
    who: str = strawberry.field(description="Who, in plain words.")
    what: str = strawberry.field(description="What, in plain words.")
    action: str = strawberry.field(description="The same for machines, such as visit_booked.")
    outcome: str = strawberry.field(description="done or refused.")
    override_reason: str | None = strawberry.field(description="Why reception passed over a rule of the clinic.")
    passed_over: list[str] = strawberry.field(description="Which rules, such as NOTICE_TOO_SHORT, PLANNED_VISITS.")
    staff_name: str | None = strawberry.field(description="Which colleague it was: in auditTrail only.")

    @classmethod
    def of(cls, row: models.audit.AuditEntry, language: Language, names: dict[UUID, str] | None = None) -> Self:
        column = 1 if language == Language.PL else 0
        unknown = (row.action, row.action)
        return cls(
            id=public_id("AuditEntry", row.id),
            at=row.at,
            who=WHO[row.role][column],
            what=WORDS.get(row.action, unknown)[column],
            action=row.action,
            outcome=row.outcome,
            override_reason=row.override_reason,
            passed_over=row.passed_over.split(", ") if row.passed_over else [],
            staff_name=(names or {}).get(row.account_id) if row.account_id else None,
        )
