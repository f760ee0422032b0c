"""Identity document (dokument tożsamości) of a person without a PESEL: stored encrypted, found by a blind index."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from babel import Locale

from infra import crypto

NUMBER = re.compile(r"[0-9A-Z]{4,30}")
SHOWN_DIGITS = 3
NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}  # regions in CLDR that issue no documents


class DocumentKind(StrEnum):
    PASSPORT = "PASSPORT"
    IDENTITY_CARD = "IDENTITY_CARD"
    RESIDENCE_CARD = "RESIDENCE_CARD"
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"


class SeenDocument(StrEnum):
    """The documents by which reception may confirm a person's identity."""

    IDENTITY_CARD = "IDENTITY_CARD"
    PASSPORT = "PASSPORT"
    MOBYWATEL = "MOBYWATEL"
    RESIDENCE_CARD = "RESIDENCE_CARD"
    DRIVING_LICENCE = "DRIVING_LICENCE"
    SCHOOL_CARD = "SCHOOL_CARD"
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"


class InvalidDocument(ValueError):
    """Not a valid document; the message names the wrong field: "country" or "number"."""


def normalise_number(text: str) -> str:
    """The number in capitals, without spaces, dashes, dots and slashes."""
    return re.sub(r"[\s/.-]", "", text).upper()


@dataclass(frozen=True)
class IdentityDocument:
    kind: DocumentKind
    country: str
    number: str

    @classmethod
    def parse(cls, kind: DocumentKind, country: str, number: str) -> "IdentityDocument":
        country, number = country.strip().upper(), normalise_number(number)
        if len(country) != 2 or country not in Locale("en").territories.keys() - NO_COUNTRY:
            raise InvalidDocument("country")
        if not NUMBER.fullmatch(number):
            raise InvalidDocument("number")
        return cls(kind, country, number)

    @property
    def masked(self) -> str:
        return "*" * (len(self.number) - SHOWN_DIGITS) + self.number[-SHOWN_DIGITS:]

    def encrypt(self) -> bytes:
        return crypto.encrypt(json.dumps([self.kind, self.country, self.number]), "document")

    @classmethod
    def decrypt(cls, sealed: bytes) -> "IdentityDocument":
        return cls.from_json(crypto.decrypt(sealed, "document"))

    @classmethod
    def from_json(cls, text: str) -> "IdentityDocument":
        kind, country, number = json.loads(text)
        return cls(DocumentKind(kind), country, number)

    @property
    def index(self) -> str:
        """A blind index that finds the same document again, and so prevents duplicates, without revealing it."""
        return crypto.blind_index(f"{self.kind}/{self.country}/{self.number}", "document index")


def number_index(number: str) -> str:
    """A blind index to find documents by number alone, as when it is read out on the telephone."""
    return crypto.blind_index(normalise_number(number), "document number index")
