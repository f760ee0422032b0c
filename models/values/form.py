"""Form: checks every field of an input and reports all flaws at once."""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime

from infra import clock
from models.refusals.refusal import Flaw, InvalidInput
from models.values import contact, person_name, pesel

NAME_LENGTH, EMAIL_LENGTH, PHONE_LENGTH, REASON_LENGTH, KEY_LENGTH = 100, 254, 40, 500, 128


@dataclass
class Form:
    """Collects the flaws of one input; `raise_if_flawed` reports them."""

    flaws: list[Flaw] = field(default_factory=list)
    allowed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add_flaw(self, name: str, code: str, *allowed: int | date | datetime) -> None:
        """`allowed`: the greatest length, or the first and last value, to be reported with the flaw."""
        self.flaws.append(Flaw((name,), code))
        if allowed:
            self.allowed[name] = tuple(map(_write, allowed))

    def raise_if_flawed(self) -> None:
        if self.flaws:
            raise InvalidInput.from_flaws(self.flaws, self.allowed)

    def text(self, name: str, value: str, limit: int, *, required: bool = True) -> str | None:
        """The text, trimmed and normalised (NFC); None when it is empty or flawed."""
        value = unicodedata.normalize("NFC", value).strip() if len(value) <= 4 * limit else value
        if not value and not required:
            return None
        if not value:
            self.add_flaw(name, "REQUIRED")
        elif len(value) > limit:
            self.add_flaw(name, "TOO_LONG", limit)
        elif any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in value if letter not in "\n\t"):
            self.add_flaw(name, "MALFORMED")
        else:
            return value
        return None

    def name(self, name: str, value: str) -> str:
        text = self.text(name, value, NAME_LENGTH)
        try:
            return person_name.parse(text) if text else ""
        except person_name.InvalidName:
            self.add_flaw(name, "MALFORMED")
            return ""

    def email(self, name: str, value: str) -> str:
        text = self.text(name, value, EMAIL_LENGTH)
        try:
            return contact.parse_email(text) if text else ""
        except contact.InvalidContact:
            self.add_flaw(name, "EMAIL_MALFORMED")
            return ""

    def mobile(self, name: str, value: str, *, required: bool) -> str | None:
        text = self.text(name, value, PHONE_LENGTH, required=required)
        try:
            return contact.parse_mobile(text) if text else None
        except contact.InvalidContact:
            self.add_flaw(name, "PHONE_NOT_MOBILE")
            return None

    def phone(self, name: str, value: str) -> str | None:
        """Any telephone number: reception can also call landlines."""
        text = self.text(name, value, PHONE_LENGTH, required=False)
        try:
            return contact.parse_phone(text) if text else None
        except contact.InvalidContact:
            self.add_flaw(name, "PHONE_MALFORMED")
            return None

    def pesel(self, name: str, value: str) -> str:
        text = self.text(name, value, 40)
        try:
            return pesel.parse(text) if text else ""
        except pesel.InvalidPesel as problem:
            self.add_flaw(name, problem.code)
            return ""


def _write(bound: int | date | datetime) -> str:
    return f"{clock.local(bound):%Y-%m-%d %H:%M}" if isinstance(bound, datetime) else str(bound)


@dataclass(frozen=True)
class SignUpDetails:
    """The details that a person gives to sign up for an account."""

    email: str
    pesel: str
    first_name: str
    last_name: str
    phone: str | None
    sms_reminders: bool

    def validate(self) -> "SignUpDetails":
        """The cleaned details; InvalidInput names every field that needs correcting."""
        form = Form()
        cleaned = SignUpDetails(
            email=form.email("email", self.email),
            pesel=form.pesel("pesel", self.pesel),
            first_name=form.name("firstName", self.first_name),
            last_name=form.name("lastName", self.last_name),
            phone=form.mobile("phone", self.phone or "", required=self.sms_reminders),
            sms_reminders=self.sms_reminders,
        )
        form.raise_if_flawed()
        return cleaned
