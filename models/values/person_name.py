"""Person name: letters and marks of any script, with spaces, apostrophes, hyphens or dots, spelled uniformly."""

import unicodedata

APOSTROPHES = "’‘‛ʼʽ`´ʹ′＇՚"
HYPHENS = "‐‑‒–—−－﹘﹣־゠⁃"
JOINERS = "\u200c\u200d"  # they change the shape of adjacent letters, as in Persian names
DOTS = ".··・་"  # including those within Catalan, Japanese and Tibetan names
_SPELLING = str.maketrans({**dict.fromkeys(APOSTROPHES, "'"), **dict.fromkeys(HYPHENS, "-")})


class InvalidName(ValueError):
    """Not a name."""


def respell(text: str) -> str:
    """The text with the apostrophe and the hyphen with which names are stored."""
    return text.translate(_SPELLING)


def parse(text: str) -> str:
    """The name in one spelling, with single spaces; raises InvalidName."""
    spaced = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in text)
    name = " ".join(word for word in respell(spaced).split(" ") if word)
    if not (_begins_well(name) and all(_is_allowed(letter) for letter in name)):
        raise InvalidName
    return name


def _begins_well(name: str) -> bool:
    """Whether it begins with a letter, or with an apostrophe before one: "'t Hooft"."""
    return name.removeprefix("'")[:1].isalpha()


def _is_allowed(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM" or letter in " '-" + DOTS + JOINERS
