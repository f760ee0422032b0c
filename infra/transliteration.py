"""Transliteration of letters into ASCII, for searching, sorting and SMS."""

import unicodedata

_NO_DECOMPOSITION = str.maketrans({"ł": "l", "Ł": "L", "ß": "ss", "–": "-", "—": "-", "„": '"', "”": '"', "’": "'"})
# Small letters of other alphabets, as migration 0015 has them for the search: Latin ones that Unicode does not
# decompose, Cyrillic ones as Ukrainian passports have them, Greek ones.
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
    """Replace Polish and accented letters: "Łódź, żółć" -> "Lodz, zolc"; other alphabets stay."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_NO_DECOMPOSITION))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def fold(text: str) -> str:
    """The form in which two spellings of a name are equal: lower case, ASCII letters, single spaces."""
    return " ".join(to_ascii(text).casefold().translate(_FOREIGN).split())
