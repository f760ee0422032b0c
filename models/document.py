"""Document (dokument tożsamości): what a person without a PESEL is known by; stored sealed, found by a blind index."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum

from babel import Locale

from models import seal

NUMBER = re.compile(r"[0-9A-Z]{4,30}")
SHOWN_DIGITS = 3
NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}  # CLDR's regions that issue no documents


class Kind(StrEnum):
    PASSPORT = "PASSPORT"
    IDENTITY_CARD = "IDENTITY_CARD"
    RESIDENCE_CARD = "RESIDENCE_CARD"
    BIRTH_CERTIFICATE = "BIRTH_CERTIFICATE"


class BadDocument(ValueError):
    """Not a document; its text is the field that is wrong: "country" or "number"."""


def number_of(text: str) -> str:
    """One spelling for what is written with spaces, dashes, slashes and small letters."""
    return re.sub(r"[\s/.-]", "", text).upper()


@dataclass(frozen=True)
class Document:
    kind: Kind
    country: str
    number: str

    @classmethod
    def parse(cls, kind: Kind, country: str, number: str) -> "Document":
        country, number = country.strip().upper(), number_of(number)
        if len(country) != 2 or country not in Locale("en").territories.keys() - NO_COUNTRY:
            raise BadDocument("country")
        if not NUMBER.fullmatch(number):
            raise BadDocument("number")
        return cls(kind, country, number)

    @property
    def masked(self) -> str:
        return "*" * (len(self.number) - SHOWN_DIGITS) + self.number[-SHOWN_DIGITS:]

    def sealed(self) -> bytes:
        return seal.close(json.dumps([self.kind, self.country, self.number]), "document")

    @classmethod
    def opened(cls, sealed: bytes) -> "Document":
        return cls.read(seal.open_(sealed, "document"))

    @classmethod
    def read(cls, text: str) -> "Document":
        kind, country, number = json.loads(text)
        return cls(Kind(kind), country, number)

    @property
    def index(self) -> str:
        """Finds and forbids an equal document without showing it."""
        return seal.blind(f"{self.kind}/{self.country}/{self.number}", "document index")


def number_index(number: str) -> str:
    """Finds documents by their number alone, as a caller reads it out."""
    return seal.blind(number_of(number), "document number index")
