"""The alphabet of SMS (GSM 03.38): which characters fit, and how much room they take."""

from models.spelling import plain

ONE_PART = 160
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}[]~\\|€")  # behind an escape character


def length(text: str) -> int:
    return sum(2 if character in EXTENSION else 1 for character in text)


def spelled(text: str) -> str:
    """The text without Polish letters; what SMS cannot spell at all becomes a question mark."""
    fits = BASIC | EXTENSION
    return "".join(character if character in fits else "?" for character in plain(text))
