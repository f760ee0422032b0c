"""Audit entry: who read or changed a patient's data, in plain words."""

from datetime import datetime
from typing import Self

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
    "export_data": ("All data were exported.", "Pobrano wszystkie dane."),
    "add_partner": ("A partner system was added.", "Dodano system partnera."),
    "rotate_partner_key": ("A partner system's key was renewed.", "Wymieniono klucz systemu partnera."),
    "remove_partner": ("A partner system was removed.", "Usunięto system partnera."),
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

    @classmethod
    def of(cls, row: models.audit.AuditEntry, language: Language) -> Self:
        column = 1 if language == Language.PL else 0
        unknown = (row.action, row.action)
        return cls(
            id=public_id("AuditEntry", row.id),
            at=row.at,
            who=WHO[row.role][column],
            what=WORDS.get(row.action, unknown)[column],
            action=row.action,
            outcome=row.outcome,
        )
