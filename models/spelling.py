"""Words without Polish letters: for searching, sorting and SMS."""

import unicodedata

_NO_DECOMPOSITION = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "–": "-", "—": "-", "„": '"', "”": '"', "’": "'"})


def plain(text: str) -> str:
    """The text in ASCII as far as its letters allow: "Łódź, żółć" -> "Lodz, zolc"."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_NO_DECOMPOSITION))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def folded(text: str) -> str:
    """What two spellings of one name share: no case, no Polish letters, single spaces."""
    return " ".join(plain(text).casefold().split())
