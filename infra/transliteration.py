"""Transliteration of letters into ASCII, for searching, sorting and SMS."""

import unicodedata

_NO_DECOMPOSITION = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "–": "-", "—": "-", "„": '"', "”": '"', "’": "'"})
# Lower-case letters, transliterated as in migration 0015 for the search: Latin letters that Unicode does not decompose,
# Cyrillic letters as in Ukrainian passports, and Greek letters.
_FOREIGN = str.maketrans(
    {
        **dict(zip("đðøħıŧŋĸə", "ddohitnke", strict=True)),
        **dict(zip("абвгґдезиіклмнопрстуфыэ", "abvhgdezyiklmnoprstufye", strict=True)),
        **dict(zip("αβγδεζηικλμνξοπρσςτυω", "avgdeziiklmnxoprsstyo", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "є": "ie",
        "ж": "zh",
        "х": "kh",
        "ц": "ts",
        "ч": "ch",
        "ш": "sh",
        "щ": "shch",
        "ю": "iu",
        "я": "ia",
        "ь": "",
        "ъ": "",
        "θ": "th",
        "φ": "f",
        "χ": "ch",
        "ψ": "ps",
    }
)


def to_ascii(text: str) -> str:
    """Replace Polish and accented letters: "Łódź, żółć" -> "Lodz, zolc"; other alphabets are left unchanged."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_NO_DECOMPOSITION))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def fold(text: str) -> str:
    """The form in which two spellings of a name are equal: lower case, ASCII letters, single spaces."""
    return " ".join(to_ascii(text).casefold().translate(_FOREIGN).split())
