"""What people fill in: every field checked, all flaws told at once, nothing kept of a flawed form."""

import re
import unicodedata
from dataclasses import dataclass, field

from models import contact, pesel
from models.refusal import Flaw, InvalidInput

NAME_LENGTH, EMAIL_LENGTH, PHONE_LENGTH, REASON_LENGTH, KEY_LENGTH = 100, 254, 40, 500, 128
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’.-])*")  # letters of any alphabet, joined as names are


@dataclass
class Form:
    """Collects the flaws of one input; `check` tells them."""

    flaws: list[Flaw] = field(default_factory=list)

    def wrong(self, name: str, code: str) -> None:
        self.flaws.append(Flaw((name,), code))

    def check(self) -> None:
        if self.flaws:
            raise InvalidInput.of(self.flaws)

    def text(self, name: str, value: str, limit: int, *, required: bool = True) -> str | None:
        """Trimmed and in one spelling (NFC); None when it is empty or flawed."""
        value = unicodedata.normalize("NFC", value).strip() if len(value) <= 4 * limit else value
        if not value and not required:
            return None
        if not value:
            self.wrong(name, "REQUIRED")
        elif len(value) > limit:
            self.wrong(name, "TOO_LONG")
        elif any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in value if letter not in "\n\t"):
            self.wrong(name, "MALFORMED")
        else:
            return value
        return None

    def name(self, name: str, value: str) -> str:
        text = self.text(name, value, NAME_LENGTH)
        if text and not _NAME.fullmatch(text):
            self.wrong(name, "MALFORMED")
        return text or ""

    def email(self, name: str, value: str) -> str:
        text = self.text(name, value, EMAIL_LENGTH)
        try:
            return contact.email(text) if text else ""
        except contact.BadContact:
            self.wrong(name, "EMAIL_MALFORMED")
            return ""

    def mobile(self, name: str, value: str, *, required: bool) -> str | None:
        text = self.text(name, value, PHONE_LENGTH, required=required)
        try:
            return contact.mobile(text) if text else None
        except contact.BadContact:
            self.wrong(name, "PHONE_NOT_MOBILE")
            return None

    def phone(self, name: str, value: str) -> str | None:
        """Any telephone: reception may call where no SMS arrives."""
        text = self.text(name, value, PHONE_LENGTH, required=False)
        try:
            return contact.phone(text) if text else None
        except contact.BadContact:
            self.wrong(name, "MALFORMED")
            return None

    def pesel(self, name: str, value: str) -> str:
        text = self.text(name, value, 40)
        try:
            return pesel.parse(text) if text else ""
        except pesel.BadPesel as problem:
            self.wrong(name, problem.code)
            return ""


def sign_up(
    *, email: str, pesel: str, first_name: str, last_name: str, phone: str, sms_reminders: bool
) -> dict[str, object]:
    """The form of an application for an account, cleaned; InvalidInput names every field that needs correcting."""
    form = Form()
    cleaned: dict[str, object] = {
        "email": form.email("email", email),
        "pesel": form.pesel("pesel", pesel),
        "first_name": form.name("firstName", first_name),
        "last_name": form.name("lastName", last_name),
        "phone": form.mobile("phone", phone, required=sms_reminders),
        "sms_reminders": sms_reminders,
    }
    form.check()
    return cleaned
