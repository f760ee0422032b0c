"""Centre: the medical centre whose e-registration this is, as its settings describe it."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Self

import strawberry

import settings
from models.values import contact


@strawberry.type(description="The medical centre as described by its settings: the details that every page shows.")
class Centre:
    name: str = strawberry.field(description="The centre's name (setting CENTRE_NAME).")
    phone: str = strawberry.field(
        description="The centre's telephone number as people write it, such as `22 000 00 00`."
    )
    phone_number: str = strawberry.field(
        description="The same number in E.164 form, such as `+48220000000`, for `tel:` links."
    )
    address: str | None = strawberry.field(
        description="Street, number, postal code and town in one line; null if it is not set."
    )
    logo_url: str | None = strawberry.field(description="The path of the logo on this server; null if there is none.")
    colour: str = strawberry.field(
        description="The centre's colour as `#rrggbb`; white text on it has a contrast of at least 4.5."
    )
    privacy_url: str | None = strawberry.field(description="The URL of the privacy notice; null if it is not set.")
    terms_url: str | None = strawberry.field(description="The URL of the terms of use; null if it is not set.")
    accessibility_url: str | None = strawberry.field(
        description="The URL of the accessibility statement; null if it is not set."
    )
    password_min_length: int = strawberry.field(description="The minimum length of a password, in characters.")

    @classmethod
    def current(cls) -> Self:
        return cls(
            name=settings.CENTRE_NAME,
            phone=settings.CENTRE_PHONE,
            phone_number=_dialled(settings.CENTRE_PHONE),
            address=settings.CENTRE_ADDRESS or None,
            logo_url=_logo_url(settings.DATA_DIR / settings.CENTRE_LOGO) if settings.CENTRE_LOGO else None,
            colour=settings.CENTRE_COLOUR,
            privacy_url=settings.CENTRE_PRIVACY_URL or None,
            terms_url=settings.CENTRE_TERMS_URL or None,
            accessibility_url=settings.CENTRE_ACCESSIBILITY_URL or None,
            password_min_length=settings.PASSWORD_MIN_LENGTH,
        )


def _dialled(phone: str) -> str:
    """Short and special numbers, which have no E.164 form, are dialled as they are written."""
    try:
        return contact.parse_phone(phone)
    except contact.InvalidContact:
        return "".join(sign for sign in phone if sign.isdigit() or sign == "+")


@cache
def _logo_url(path: Path) -> str:
    """The URL changes with the file, so browsers may cache the file for ever."""
    return f"/centre/logo?{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
