"""Guessable passwords: common ones, and combinations of common words, keyboard runs and digits.

This is a blocklist, as NIST SP 800-63B requires, not an estimate of entropy. The text is scanned once from left to
right, so the work is bounded by its length, which is limited.
"""

from functools import cache

from zxcvbn.frequency_lists import FREQUENCY_LISTS

JUDGED_LENGTH = 128
ENOUGH = 7  # points: 2 per distinct common word, 1 per run of keys, 1 + n // 2 per n digits, 1 per other letter
SHORTEST_WORD, LONGEST_WORD, SHORTEST_RUN = 4, 20, 3
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "!@#$%^&*()_+",
    "1qaz",
    "2wsx",
    "3edc",
    "4rfv",
    "5tgb",
    "6yhn",
    "7ujm",
)
_NEIGHBOURS = {row[at : at + 2] for row in (*ROWS, *(row[::-1] for row in ROWS)) for at in range(len(row) - 1)}
_AS_LETTERS = [str.maketrans("@430!15$7", "aaeoii" + "sst"), str.maketrans("@430!15$7", "aaeoll" + "sst")]


@cache
def _listed() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


@cache
def _words() -> frozenset[str]:
    return frozenset(word for word in _listed() if SHORTEST_WORD <= len(word) <= LONGEST_WORD and not word.isdigit())


def is_common(guess: str) -> bool:
    """Whether trying common passwords and their combinations would find this one; `guess` is folded."""
    guess = guess[:JUDGED_LENGTH]
    return not guess or guess in _listed() or _count_points(_shortest_period(guess)) < ENOUGH


def _shortest_period(text: str) -> str:
    """The shortest unit that the text repeats, or the whole text if it repeats none: "abcabcab" gives "abc"."""
    for length in range(1, len(text) // 2 + 1):
        if text.startswith(text[length:]):
            return text[:length]
    return text


def _count_points(text: str) -> int:
    """Points for the distinct parts that must be guessed; separators are counted apart, so they cannot hide a word."""
    letters = "".join(letter for letter in text if letter.isalnum() or letter in "@$!")
    signs = "".join(sign for sign in text if not sign.isalnum() and not sign.isspace())
    return sum({**_parts(letters), **_parts(signs)}.values())


def _parts(text: str) -> dict[str, int]:
    """The parts of a text with their points."""
    spellings = [text, *(text.translate(table) for table in _AS_LETTERS)]
    parts: dict[str, int] = {}
    at = 0
    while at < len(text):
        word, run, digits = _word_at(spellings, at), _run_at(text, at), _digits_at(text, at)
        if len(word) >= max(len(run), len(digits), 1):
            parts[word], length = 2, len(word)
        elif len(run) >= max(SHORTEST_RUN, len(digits)):
            parts[run], length = 1, len(run)
        else:
            length = max(1, len(digits))
            parts[text[at : at + length]] = 1 + length // 2 if digits else 1
        at += length
    return parts


def _word_at(spellings: list[str], at: int) -> str:
    """The longest of the common words that begin here, in any of the spellings."""
    for length in range(min(LONGEST_WORD, len(spellings[0]) - at), SHORTEST_WORD - 1, -1):
        for spelling in spellings:
            if (word := spelling[at : at + length]) in _words():
                return word
    return ""


def _run_at(text: str, at: int) -> str:
    """The run that begins here: equal letters, or neighbours in the alphabet or on the keyboard."""
    end = at + 1
    while end < len(text) and (text[end] == text[end - 1] or text[end - 1 : end + 1] in _NEIGHBOURS):
        end += 1
    return text[at:end]


def _digits_at(text: str, at: int) -> str:
    end = at
    while end < len(text) and text[end].isdigit():
        end += 1
    return text[at:end]
