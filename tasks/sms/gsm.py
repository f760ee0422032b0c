"""The SMS alphabet (GSM 03.38): its characters and the septets that each one takes."""

from infra.transliteration import to_ascii

SEPTETS_PER_PART = 160
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}[]~\\|€")  # an escape character precedes each of these


def count_septets(text: str) -> int:
    return sum(2 if character in EXTENSION else 1 for character in text)


def transliterate(text: str) -> str:
    """Replace Polish letters with ASCII ones, and characters outside the alphabet with question marks."""
    fits = BASIC | EXTENSION
    return "".join(character if character in fits else "?" for character in to_ascii(text))
