"""Passwords: hashing (Argon2id), weaknesses, and one-time passwords."""

import hmac
import re
import secrets
import unicodedata
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

import settings
from infra import crypto
from infra.transliteration import fold
from models.accounts import hashing_queue
from models.accounts.common_passwords import is_common

MAX_LENGTH = 128  # bounds the work of hashing; NIST SP 800-63B asks for at least 64
LONGEST_SPELLING = 4 * MAX_LENGTH  # checked before normalising, which takes quadratic time for some texts
ENOUGH_LETTERS = 8  # different characters that must remain once guessable words are taken out
SHORTEST_WORD = 3
CONTEXT = ("diamed", "przychodnia", "rejestracja", "erejestracja", "pacjent", "wizyta", "lekarz", "haslo", "password")
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no two characters that look alike

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's minimum for Argon2id
_queue = hashing_queue.HashingQueue(hashing_queue.count_threads())


@cache
def _dummy_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def normalise(password: str) -> str:
    """Give input that looks equal the same spelling, whatever the keyboard (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password)


async def hash_password(password: str) -> str:
    return await _queue.run(_hasher.hash, normalise(password))


async def verify(password: str, hash_: str | None, *, is_stranger: bool = False) -> bool:
    """Check the password, in the same time with and without a hash. Strangers cannot fill the whole queue."""
    password = normalise(password) if len(password) <= LONGEST_SPELLING else password
    if len(password) > MAX_LENGTH or not _is_text(password):
        password, hash_ = "", None  # no account has such a password: `find_weaknesses` refuses it
    run = _queue.run_for_stranger if is_stranger else _queue.run
    return await run(_verify, password, hash_)


def _is_text(password: str) -> bool:
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in password)


def _verify(password: str, hash_: str | None) -> bool:
    try:
        return _hasher.verify(hash_ or _dummy_hash(), password) and hash_ is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_outdated(hash_: str) -> bool:
    return _hasher.check_needs_rehash(hash_)


def make_one_time_password(letter: UUID | None = None) -> str:
    """79 random bits in four groups that can be typed from paper; the same letter always gets the same password.

    A letter's password is derived from SECRET_KEY and never stored; nobody can compute it without the key.
    """
    bits = int(crypto.blind_index(str(letter), "letter's password"), 16) if letter else secrets.randbits(256)
    characters = [ALPHABET[bits // len(ALPHABET) ** place % len(ALPHABET)] for place in range(16)]
    return "-".join("".join(characters[group : group + 4]) for group in range(0, 16, 4))


def hash_one_time_password(password: str) -> str:
    """A fast keyed hash is enough for 79 random bits, so looking for a one-time password needs no Argon2 hash."""
    return crypto.blind_index(fold(password).replace("-", "").replace(" ", ""), "one-time password")


def is_one_time_password(password: str, hash_: str | None) -> bool:
    """Compare in the same time with and without a hash; a text that is too long is refused at once."""
    if len(password) > MAX_LENGTH:
        return False
    return hmac.compare_digest(hash_one_time_password(password), hash_ or "") and hash_ is not None


def find_weaknesses(password: str, own_words: list[str]) -> list[str]:
    """Codes of a password's weaknesses; `own_words`: the person's names, birth year and e-mail, the centre's name."""
    if len(password) > LONGEST_SPELLING:
        return ["TOO_LONG"]
    password = normalise(password)
    found = []
    if len(password) < settings.PASSWORD_MIN_LENGTH:
        found.append("TOO_SHORT")
    if len(password) > MAX_LENGTH:
        return [*found, "TOO_LONG"]
    if not _is_text(password):
        return [*found, "MALFORMED"]
    guess = fold(password)
    if is_common(guess):
        return [*found, "COMMON"]
    return [*found, "PERSONAL"] if _is_personal(guess, own_words) else found


def _is_personal(guess: str, own_words: list[str]) -> bool:
    """Whether too little is left once words about the person or the service are removed."""
    words = [word for entry in own_words for word in _split_words(entry)]
    for word in sorted([*words, *CONTEXT], key=len, reverse=True):
        guess = guess.replace(word, "")
    return len({letter for letter in guess if letter.isalnum()}) < ENOUGH_LETTERS


def _split_words(entry: str) -> list[str]:
    """The words of an entry, both whole and split at punctuation: "anna.zolc", "anna" and "zolc"."""
    whole = fold(entry).replace("@", " ").split()
    return [word for word in [*whole, *re.split(r"[\W_]+", " ".join(whole))] if len(word) >= SHORTEST_WORD]
