"""Passwords: how they are hashed (Argon2id), which are too weak, and how one-time ones are made."""

import asyncio
import hmac
import secrets
import unicodedata
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

import settings
from models import seal
from models.spelling import folded

MAX_LENGTH = 128  # bounds the work of hashing; NIST SP 800-63B asks for at least 64
JUDGED_LENGTH = 64  # zxcvbn needs seconds for some longer ones
ENOUGH_LETTERS = 8  # what must be left of a password without its guessable words
CONTEXT = ("diamed", "przychodnia", "rejestracja", "erejestracja", "pacjent", "wizyta", "lekarz", "haslo", "password")
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's minimum for Argon2id
_at_once = asyncio.Semaphore(2)  # hashing is memory and processor: more at once only slows everybody


@cache
def _dummy() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def normalised(password: str) -> str:
    """One spelling for what looks the same on every keyboard (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password)


async def hashed(password: str) -> str:
    async with _at_once:
        return await asyncio.to_thread(_hasher.hash, normalised(password))


async def matches(password: str, hash_: str | None) -> bool:
    """Compare; without a hash the same work is done, so that time tells nothing."""
    password = normalised(password)
    if len(password) > MAX_LENGTH or not _is_text(password):
        password, hash_ = "", None  # nobody's: `weaknesses` lets none like it be set, and none is ever cut
    async with _at_once:
        return await asyncio.to_thread(_verify, password, hash_)


def _is_text(password: str) -> bool:
    return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in password)


def _verify(password: str, hash_: str | None) -> bool:
    try:
        return _hasher.verify(hash_ or _dummy(), password) and hash_ is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_outdated(hash_: str) -> bool:
    return _hasher.check_needs_rehash(hash_)


def one_time(letter: UUID | None = None) -> str:
    """79 random bits in four groups that can be typed from paper; for the same letter the same ones again.

    Of a letter's they are derived by SECRET_KEY: without it they are as random as the others, and nowhere kept.
    """
    bits = int(seal.blind(str(letter), "letter's password"), 16) if letter else secrets.randbits(256)
    signs = [ALPHABET[bits // len(ALPHABET) ** place % len(ALPHABET)] for place in range(16)]
    return "-".join("".join(signs[group : group + 4]) for group in range(0, 16, 4))


def one_time_hash(password: str) -> str:
    """Keyed and fast: with 79 random bits nothing can be guessed, and log-in does one Argon2 for everybody."""
    return seal.blind(folded(password).replace("-", "").replace(" ", ""), "one-time password")


def is_one_time(password: str, hash_: str | None) -> bool:
    """Without a hash the same work is done; a text without end is none, and no work at all."""
    if len(password) > MAX_LENGTH:
        return False
    return hmac.compare_digest(one_time_hash(password), hash_ or "") and hash_ is not None


def weaknesses(password: str, own_words: list[str]) -> list[str]:
    """Why a password is too weak, as codes; empty when it is good. `own_words`: names, birth year, address."""
    password = normalised(password)
    found = []
    if len(password) < settings.PASSWORD_MIN_LENGTH:
        found.append("TOO_SHORT")
    if len(password) > MAX_LENGTH:
        return [*found, "TOO_LONG"]
    if not _is_text(password):
        return [*found, "MALFORMED"]
    words = [word for entry in own_words for word in folded(entry).replace("@", " ").split() if len(word) >= 3]
    guess = folded(password)
    if _is_common(guess, words):
        found.append("COMMON")
    for word in sorted([*words, *CONTEXT], key=len, reverse=True):
        guess = guess.replace(word, "")
    if len({letter for letter in guess if letter.isalnum()}) < ENOUGH_LETTERS and "COMMON" not in found:
        found.append("PERSONAL")
    return found


def _is_common(guess: str, words: list[str]) -> bool:
    if not guess or guess in FREQUENCY_LISTS["passwords"]:
        return True
    return bool(zxcvbn(guess[:JUDGED_LENGTH], user_inputs=words)["score"] < 3)
