"""Password rules: long and hard to guess is enough, nothing else is required; every weakness has its own code."""

import random
import re
import time

import pytest
from argon2 import Type
from hypothesis import given
from hypothesis import strategies as st

from infra import crypto
from models.accounts import password
from tests.support.hashing import SERVICE

GOOD = "zielona kaczka lubi deszcz"
ANNA = ["anna.zolc@example.pl", "Anna", "Żółć", "2002"]


@pytest.mark.parametrize(
    "secret",
    [
        GOOD,
        "correct horse battery staple",
        "Łódź jest daleko od morza",
        "日本語のとても長いパスワードです",
        "k7#Qz!m2Vx9&Lp4",
        "🦆🐸🌧️ zielona kaczka lubi deszcz",
    ],
)
def test_a_long_and_unguessable_password_is_good(secret: str) -> None:
    assert password.find_weaknesses(secret, ANNA) == []


def test_fifteen_characters_are_enough_and_fourteen_are_not() -> None:
    assert password.find_weaknesses("k7#Qz!m2Vx9&Lp4", []) == []
    assert password.find_weaknesses("k7#Qz!m2Vx9&Lp", []) == ["TOO_SHORT"]


def test_length_is_counted_after_normalisation() -> None:
    """Fifteen letters with combining accents count as fifteen, not thirty; one ligature can count as three letters."""
    assert "TOO_SHORT" in password.find_weaknesses("z\u0301" * 14, [])
    assert "TOO_SHORT" not in password.find_weaknesses("ﬃ" * 5, [])


def test_sixty_four_characters_and_twice_as_many_are_allowed_more_are_not() -> None:
    long = "Litwo ojczyzno moja ty jesteś jak zdrowie ile cię trzeba cenić ten tylko się dowie kto cię stracił dziś "
    assert password.find_weaknesses(long[:64], []) == []
    longest = (long + "piękność twą w całej ozdobie widzę")[: password.MAX_LENGTH]
    assert (len(longest), password.find_weaknesses(longest, [])) == (128, [])
    assert password.find_weaknesses(longest + "!", []) == ["TOO_LONG"]
    assert password.find_weaknesses("x" * 1_000_000, []) == ["TOO_LONG"]


@pytest.mark.parametrize(
    "secret",
    ["password1234567", "123456789012345", "qwertyuiopasdfg", "aaaaaaaaaaaaaaaa", "abcabcabcabcabc", "P@ssw0rd1234567"],
)
def test_what_everybody_uses_is_common(secret: str) -> None:
    assert "COMMON" in password.find_weaknesses(secret, [])


@pytest.mark.parametrize("listed", ["password", "iloveyou", "12345678", "trustno1"])
def test_the_common_list_is_asked_whatever_the_length_allows(listed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settings.PASSWORD_MIN_LENGTH", 4)
    for spelling in (listed, listed.upper(), listed.capitalize()):
        assert password.find_weaknesses(spelling, []) == ["COMMON"]


@pytest.mark.parametrize(
    "secret",
    [
        "Anna Żółć Anna Żółć",
        "anna.zolc@example.pl",
        "ANNA ZOLC 2002 2002",
        "diamed rejestracja pacjent",
        "e-rejestracja Diamed 2002",
        "Przychodnia Diamed!",
    ],
)
def test_personal_words_and_the_centres_name_make_a_password_weak(secret: str) -> None:
    assert {"COMMON", "PERSONAL"} & set(password.find_weaknesses(secret, ANNA))


def test_own_words_within_a_long_sentence_are_no_weakness() -> None:
    assert password.find_weaknesses("Anna i jej zielona kaczka lubią deszcz", ANNA) == []


def test_what_cannot_be_stored_is_malformed() -> None:
    for secret in (GOOD + "\0", GOOD + "\ud800"):
        assert password.find_weaknesses(secret, []) == ["MALFORMED"]
    assert password.find_weaknesses("\0", []) == ["TOO_SHORT", "MALFORMED"]


@pytest.mark.parametrize("secret", ["ß" * 128, "ŉ" * 64, "İ" * 128, "\u0345" * 20, " " * 20, "", "ﬀ" * 64, "-" * 15])
def test_no_strange_spelling_breaks_the_rules(secret: str) -> None:
    """Case folding and normalisation lengthen some texts and empty others."""
    assert "COMMON" in password.find_weaknesses(secret, ["", "ß" * 300, "@"])


HOSTILE = [
    "[]" * 32,
    "aA@4" * 32,
    "p@55w0rd" * 16,
    "password" * 16,
    "passwor" * 18,
    "1qaz2wsx" * 16,
    "qwertyuiop" * 12,
    "19851985" * 16,
    "ß" * 128,
    "ﷺ" * 7,
    "a" + "\u0301\u0316" * 255,  # marks in the wrong order, so that normalisation has to sort them
    "a" + "\u0316\u0301" * 131_000,
    "x" * 262_144,
    "가" * 128,
]


def cpu_seconds(secret: str, words: list[str]) -> float:
    """CPU time that checking the password takes; time used by other threads does not count."""
    begun = time.thread_time()
    password.find_weaknesses(secret, words)
    return time.thread_time() - begun


def test_the_worst_of_a_thousand_hostile_passwords_takes_a_fraction_of_a_second() -> None:
    """zxcvbn took seven seconds for one of them, and nobody else was answered meanwhile."""
    chance = random.Random(7)
    alphabet = "aA@4sS$5oO0lL1!pPwWrRdDqweasd123[]" + "ßﬀĳ\u0301\u0316"
    made = ["".join(chance.choices(alphabet, k=chance.choice((64, 128, 512)))) for _ in range(1000 - len(HOSTILE))]
    words = ["a" * 100, "ab" * 50, "password" * 12, "anna.zolc@example.pl"]
    worst = max([*HOSTILE, *made], key=lambda secret: cpu_seconds(secret, words))
    assert min(cpu_seconds(worst, words) for _ in range(3)) < 0.1


@pytest.mark.parametrize(
    "secret",
    [
        "Warszawa2024!!!!",
        "zaq12wsxcde34rfv",
        "iloveyouiloveyou",
        "polska1234567890",
        "p-a-s-s-w-o-r-d-1-2-3",
        "letmein dragon monkey",
        "!@#$%^&*()_+!@#",
        "Password1985Password",
        "(monkey)(dragon)(1)",
    ],
)
def test_a_common_word_with_additions_is_still_common(secret: str) -> None:
    assert "COMMON" in password.find_weaknesses(secret, [])


@given(secret=st.text(max_size=200), words=st.lists(st.text(max_size=20), max_size=4))
def test_the_rules_answer_any_text_with_known_codes(secret: str, words: list[str]) -> None:
    codes = {"TOO_SHORT", "TOO_LONG", "MALFORMED", "COMMON", "PERSONAL"}
    found = password.find_weaknesses(secret, words)
    assert set(found) <= codes
    assert len(found) == len(set(found))


async def test_a_hash_matches_its_password_only() -> None:
    hash_ = await password.hash_password(GOOD)
    assert await password.verify(GOOD, hash_)
    for other in (GOOD[:-1], GOOD + " ", GOOD.upper(), "", "\0", "\ud800"):
        assert not await password.verify(other, hash_)


async def test_two_keyboards_spell_one_password() -> None:
    composed, decomposed = "żółć żółć żółć żółć", "z\u0307o\u0301łc\u0301 " * 3 + "z\u0307o\u0301łc\u0301"
    hash_ = await password.hash_password(composed)
    assert await password.verify(decomposed, hash_)
    assert not await password.verify("zolc zolc zolc zolc", hash_)


async def test_a_password_is_never_cut() -> None:
    """The longest allowed password does not match when more characters follow it."""
    longest = "k7#Qz!m2Vx9&Lp4 " * 8
    hash_ = await password.hash_password(longest)
    assert len(longest) == password.MAX_LENGTH
    assert await password.verify(longest, hash_)
    assert not await password.verify(longest + "x", hash_)
    assert not await password.verify(longest[:-1], hash_)


@pytest.mark.parametrize("hash_", [None, "", "not a hash"])
async def test_without_a_hash_nothing_matches(hash_: str | None) -> None:
    assert not await password.verify(GOOD, hash_)
    assert not await password.verify("", hash_)


def test_one_time_passwords_are_random_and_can_be_typed_from_paper() -> None:
    made = {password.make_one_time_password() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){3}", secret) for secret in made)
    assert len(password.ALPHABET) ** 16 > 2**64


def test_a_one_time_password_is_recognised_however_it_is_typed() -> None:
    secret = password.make_one_time_password()
    hash_ = password.hash_one_time_password(secret)
    for typed in (secret, secret.upper(), secret.replace("-", ""), secret.replace("-", " "), f" {secret} "):
        assert password.is_one_time_password(typed, hash_)
    for wrong in (secret[:-1], secret + "2", "", password.make_one_time_password()):
        assert not password.is_one_time_password(wrong, hash_)


@pytest.mark.parametrize("nothing", [None, ""])
def test_without_a_stored_one_time_password_no_input_matches(nothing: str | None) -> None:
    for typed in ("", "x", password.make_one_time_password(), "None"):
        assert not password.is_one_time_password(typed, nothing)


def test_the_hash_of_a_one_time_password_is_useless_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = password.make_one_time_password()
    before = password.hash_one_time_password(secret)
    monkeypatch.setattr("settings.SECRET_KEY", "another secret key, of another installation")
    assert password.hash_one_time_password(secret) != before
    assert crypto.hash_token(secret) != before


def test_passwords_are_hashed_as_owasp_asks() -> None:
    """Argon2id with 19 MiB, two passes and one lane."""
    assert SERVICE.type is Type.ID
    assert (SERVICE.memory_cost, SERVICE.time_cost, SERVICE.parallelism) == (19 * 1024, 2, 1)
    assert SERVICE.hash(GOOD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
