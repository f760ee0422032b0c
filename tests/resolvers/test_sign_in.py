"""Signing in: a one-time password opens only the way to an own one, and guessing gets slower and slower."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any

import pytest

import settings
from models import clock, password
from models.throttle import FREE_TRIES
from tests import cast
from tests.client import Client, client_of, deliver
from tests.statements import counted

OWN = "burza nad jeziorem o świcie"
DOROTA = {"email": "dorota@example.pl", "pesel": "44051401359", "firstName": "Dorota", "lastName": "Nowak"}
ONE_TIME = re.compile(r"(?:Hasło jednorazowe|One-time password): (\S+)")


async def one_time_password() -> str:
    """As it is read in the newest letter."""
    found = ONE_TIME.search((await deliver())[0]["text"])
    assert found
    return found[1]


async def signed_up() -> str:
    await Client().do("SignUp", **DOROTA)
    return await one_time_password()


async def kind(client: Client, login: str, secret: str) -> str:
    return str((await client.do("LogIn", login=login, password=secret))["__typename"])


async def test_the_way_from_sign_up_to_an_own_password(nobody: Client) -> None:
    secret = await signed_up()
    opened = await nobody.do("LogIn", login="Dorota@Example.pl", password=secret)
    assert opened["account"]["mustChangePassword"] is True
    dorota = Client(opened["token"])
    assert await dorota.code("Me") == "PASSWORD_CHANGE_REQUIRED"
    changed = await dorota.do("ChangePassword", currentPassword=secret, newPassword=OWN)
    assert changed["account"]["mustChangePassword"] is False
    assert changed["account"]["patient"]["peselMasked"] == "*******1359"
    assert await dorota.ask("Me") is None  # the old token is nobody's now
    assert (await Client(changed["token"]).ask("Me"))["role"] == "PATIENT"
    assert (await (await Client().log_in("dorota@example.pl", OWN)).ask("Me"))["login"] == "dorota@example.pl"


async def test_a_one_time_password_opens_one_session_only(nobody: Client) -> None:
    secret = await signed_up()
    assert [await kind(nobody, "dorota@example.pl", secret) for _ in range(2)] == ["Session", "WrongCredentials"]


async def test_a_one_time_password_may_be_typed_as_people_type(nobody: Client) -> None:
    secret = await signed_up()
    assert await kind(nobody, " dorota@example.pl ", f" {secret.upper().replace('-', ' ')} ") == "Session"


async def test_a_one_time_password_lives_a_day(nobody: Client) -> None:
    first = await signed_up()
    clock.advance(timedelta(hours=settings.ONE_TIME_PASSWORD_HOURS))
    assert await kind(nobody, "dorota@example.pl", first) == "WrongCredentials"
    await nobody.do("RequestNewPassword", email="dorota@example.pl")
    second = await one_time_password()
    clock.advance(timedelta(hours=settings.ONE_TIME_PASSWORD_HOURS) - timedelta(seconds=1))
    assert await kind(nobody, "dorota@example.pl", second) == "Session"


async def test_a_new_one_time_password_voids_the_old_one(nobody: Client) -> None:
    first = await signed_up()
    await nobody.do("RequestNewPassword", email="dorota@example.pl")
    second = await one_time_password()
    assert await kind(nobody, "dorota@example.pl", first) == "WrongCredentials"
    assert await kind(nobody, "dorota@example.pl", second) == "Session"


async def test_asking_for_a_new_password_leaves_the_own_one_good(anna: Client, nobody: Client) -> None:
    await nobody.do("RequestNewPassword", email="anna@example.pl")
    secret = await one_time_password()
    assert await kind(nobody, "anna@example.pl", cast.PASSWORD) == "Session"
    assert (await anna.ask("Me"))["login"] == "anna@example.pl"
    assert await kind(nobody, "anna@example.pl", secret) == "Session"


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(
    ("login", "secret"),
    [
        ("anna@example.pl", "not her password"),
        ("nobody@example.pl", cast.PASSWORD),
        ("anna@example.pl", ""),
        ("", cast.PASSWORD),
        ("anna@example.pl", cast.PASSWORD + " "),
        ("\0anna@example.pl", cast.PASSWORD),
        ("anna@example.pl\0", cast.PASSWORD),
        ("anna@example.pl", cast.PASSWORD + "\0"),
        ("x" * 200_000, cast.PASSWORD),
        ("anna@example.pl", "x" * 200_000),
        ("\ufdfa" * 1000, "\ufdfa" * 1000),
    ],
)
async def test_unknown_login_and_wrong_password_are_one_answer(login: str, secret: str, nobody: Client) -> None:
    assert await nobody.do("LogIn", login=login, password=secret) == {
        "__typename": "WrongCredentials",
        "message": "Login or password is wrong. After a one-time password expires or is used, ask for a new one.",
    }


@pytest.mark.usefixtures("anna")
async def test_unknown_login_and_wrong_password_are_the_same_work(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []

    def counting(secret: str, hash_: str | None, really: Any = password._verify) -> bool:
        hashed.append(secret)
        return bool(really(secret, hash_))

    monkeypatch.setattr(password, "_verify", counting)
    known, statements_known = await counted(kind(nobody, "anna@example.pl", "wrong"))
    unknown, statements_unknown = await counted(kind(nobody, "nobody@example.pl", "wrong"))
    assert known == unknown == "WrongCredentials"
    assert statements_known == statements_unknown > 0
    assert hashed == ["wrong", "wrong"]


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(("secret", "times"), [("wrong", 1), ("\ufdfa" * 50_000, 0)])
async def test_the_look_for_a_one_time_password_is_the_same_work_too(
    secret: str, times: int, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password of a quarter megabyte would make the difference a tenth of a second."""
    folded: list[str] = []

    def counting(text: str, really: Any = password.one_time_hash) -> str:
        folded.append(text)
        return str(really(text))

    monkeypatch.setattr(password, "one_time_hash", counting)
    for login in ("anna@example.pl", "nobody@example.pl"):
        folded.clear()
        assert await kind(nobody, login, secret) == "WrongCredentials"
        assert len(folded) == times


@pytest.mark.parametrize("login", ["anna@example.pl", "nobody@example.pl"])
@pytest.mark.usefixtures("anna")
async def test_too_many_failures_slow_a_login_down_known_or_not(login: str, nobody: Client) -> None:
    for _ in range(FREE_TRIES["login"]):
        assert await kind(nobody, login, "wrong") == "WrongCredentials"
    refused = await nobody.do("LogIn", login=login, password=cast.PASSWORD)
    assert refused["__typename"] == "TooManyAttempts"
    assert refused["retryAt"] == (clock.local(clock.now()) + timedelta(seconds=30)).isoformat()
    clock.advance(timedelta(seconds=29))
    assert await kind(Client(address="10.9.8.7"), login.upper(), cast.PASSWORD) == "TooManyAttempts"
    clock.advance(timedelta(seconds=1))
    expected = "Session" if login == "anna@example.pl" else "WrongCredentials"
    assert await kind(nobody, login, cast.PASSWORD) == expected


@pytest.mark.usefixtures("anna")
async def test_the_wait_doubles_up_to_an_hour_and_a_success_forgets_it(nobody: Client) -> None:
    waits = []
    for _ in range(FREE_TRIES["login"] - 1):
        await kind(nobody, "anna@example.pl", "wrong")
    for n in range(9):
        somewhere = Client(address=f"10.0.0.{n}")
        assert await kind(somewhere, "anna@example.pl", "wrong") == "WrongCredentials"
        refused = await somewhere.do("LogIn", login="anna@example.pl", password="wrong")
        waits.append(refused["retryAt"])
        clock.advance(timedelta(hours=1))
    begin = cast.MONDAY
    seconds = [(datetime.fromisoformat(at) - begin - timedelta(hours=n)).total_seconds() for n, at in enumerate(waits)]
    assert seconds == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert await kind(nobody, "anna@example.pl", cast.PASSWORD) == "Session"
    assert await kind(nobody, "anna@example.pl", "wrong") == "WrongCredentials"
    assert await kind(nobody, "anna@example.pl", "wrong") == "WrongCredentials"


@pytest.mark.usefixtures("anna", "borys")
async def test_an_address_from_which_all_logins_are_tried_is_slowed_down_too(nobody: Client) -> None:
    for n in range(FREE_TRIES["address"]):
        assert await kind(nobody, f"n{n}@example.pl", "wrong") == "WrongCredentials"
    assert await kind(nobody, "anna@example.pl", cast.PASSWORD) == "TooManyAttempts"
    assert await kind(Client(address="10.0.0.1"), "anna@example.pl", cast.PASSWORD) == "Session"


@pytest.mark.usefixtures("anna")
async def test_who_is_slowed_down_gets_in_by_a_new_password(nobody: Client) -> None:
    for _ in range(FREE_TRIES["login"]):
        await kind(nobody, "anna@example.pl", "wrong")
    assert await kind(nobody, "anna@example.pl", cast.PASSWORD) == "TooManyAttempts"
    await nobody.do("RequestNewPassword", email="anna@example.pl")
    assert await kind(nobody, "anna@example.pl", await one_time_password()) == "Session"


async def test_strangers_who_guess_do_not_lock_out_who_is_signed_in(anna: Client, nobody: Client) -> None:
    for _ in range(FREE_TRIES["login"] + 1):
        await kind(nobody, "anna@example.pl", "wrong")
    changed = await anna.do("ChangePassword", currentPassword=cast.PASSWORD, newPassword=OWN)
    assert changed["__typename"] == "Session"


async def test_guessing_in_an_open_session_is_slowed_down_as_well(anna: Client) -> None:
    for _ in range(FREE_TRIES["login"]):
        assert await changed(anna, "wrong", OWN) == "WrongCredentials"
    assert await changed(anna, cast.PASSWORD, OWN) == "WrongCredentials"
    clock.advance(timedelta(seconds=31))
    assert await changed(anna, cast.PASSWORD, OWN) == "Session"


async def changed(client: Client, old: str, new: str) -> str:
    answer = await client.do("ChangePassword", currentPassword=old, newPassword=new)
    return str(answer["__typename"])


@pytest.mark.usefixtures("anna")
async def test_the_right_password_of_now_is_wrong_after_it_was_changed(anna: Client, nobody: Client) -> None:
    assert await changed(anna, cast.PASSWORD, OWN) == "Session"
    assert await kind(nobody, "anna@example.pl", cast.PASSWORD) == "WrongCredentials"
    assert await kind(nobody, "anna@example.pl", OWN) == "Session"
    [letter] = await deliver()
    assert letter["to"] == "anna@example.pl"
    assert OWN not in letter["text"] + letter["html"]


async def test_a_changed_password_ends_every_other_session(anna: Client) -> None:
    telephone = await client_of(anna.account)
    opened = await anna.do("ChangePassword", currentPassword=cast.PASSWORD, newPassword=OWN)
    assert [await client.ask("Me") for client in (anna, telephone)] == [None, None]
    assert (await Client(opened["token"]).ask("Me"))["login"] == "anna@example.pl"


@pytest.mark.parametrize(
    ("new", "reasons"),
    [
        ("za krótkie", ["TOO_SHORT"]),
        ("", ["TOO_SHORT", "COMMON"]),
        ("x" * 129, ["TOO_LONG"]),
        ("\ufdfa" * 10, ["TOO_LONG"]),
        ("passwordpassword", ["COMMON"]),
        ("qwertyuiopasdfgh", ["COMMON"]),
        ("aaaaaaaaaaaaaaaaaaaa", ["COMMON"]),
        ("Anna Żółć 2002 diamed", ["PERSONAL"]),
        ("rejestracja pacjenta diamed", ["PERSONAL"]),
        ("burza nad\0jeziorem o świcie", ["MALFORMED"]),
    ],
)
async def test_a_password_that_is_easy_to_guess_is_refused_with_reasons(
    new: str, reasons: list[str], anna: Client
) -> None:
    told = {}
    for language in ("pl", "en"):
        anna.headers["accept-language"] = language
        refused = await anna.do("ChangePassword", currentPassword=cast.PASSWORD, newPassword=new)
        assert refused["__typename"] == "WeakPassword"
        told[language] = refused["reasons"]
    words = {
        "TOO_SHORT": ("Potrzeba co najmniej 15 znaków.", "At least 15 characters are needed."),
        "TOO_LONG": ("Możliwych jest najwyżej 128 znaków.", "At most 128 characters are possible."),
        "COMMON": ("Należy do haseł sprawdzanych najpierw.", "It is among the passwords that are tried first."),
        "MALFORMED": ("Zawiera znak, którego nie da się wpisać.", "It holds a character that cannot be typed."),
        "PERSONAL": (
            "Składa się z Twoich danych lub naszej nazwy i niczego więcej.",
            "It consists of your own data or of our name, and little else.",
        ),
    }
    assert told["pl"] == [words[reason][0] for reason in reasons]
    assert told["en"] == [words[reason][1] for reason in reasons]
    assert await kind(Client(), "anna@example.pl", cast.PASSWORD) == "Session"


@pytest.mark.parametrize(
    "new",
    [
        "burza nad jeziorem o świcie",
        "пароль из четырёх слов сразу",
        "🐎 🔋 📎 koń bateria spinacz",
        ("nad rzeką stoi stary młyn, a w nim mieszka kot i siedem myszy " * 3)[:128],
    ],
    ids=["Polish sentence", "Cyrillic", "emoji", "128 characters"],
)
async def test_long_passwords_of_any_script_are_good(new: str, anna: Client, nobody: Client) -> None:
    assert await changed(anna, cast.PASSWORD, new) == "Session"
    assert await kind(nobody, "anna@example.pl", new) == "Session"
    assert await kind(nobody, "anna@example.pl", new + "x") == "WrongCredentials"


async def test_one_password_from_two_keyboards_is_one_password(anna: Client, nobody: Client) -> None:
    composed = "Wąż w trawie śpi długo"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert await changed(anna, cast.PASSWORD, composed) == "Session"
    assert await kind(nobody, "anna@example.pl", decomposed) == "Session"


async def test_logging_out_ends_the_session_and_only_that(anna: Client) -> None:
    telephone = await client_of(anna.account)
    assert await anna.ask("LogOut") is True
    assert await anna.ask("LogOut") is False
    assert await anna.code("ExportMyData") == "UNAUTHENTICATED"
    assert (await telephone.ask("Me"))["login"] == "anna@example.pl"


async def test_signing_in_again_ends_the_session_it_came_with(anna: Client) -> None:
    elsewhere, before = await client_of(anna.account), Client(anna.headers["authorization"].removeprefix("Bearer "))
    assert await kind(before, "anna@example.pl", "wrong") == "WrongCredentials"
    assert await before.ask("Me")
    opened = await anna.do("LogIn", login="anna@example.pl", password=cast.PASSWORD)
    assert await before.ask("Me") is None
    assert await elsewhere.ask("Me")
    assert await Client(opened["token"]).ask("Me")


async def test_a_session_ends_when_it_is_left_alone(anna: Client) -> None:
    for _ in range(3):
        clock.advance(timedelta(minutes=settings.SESSION_IDLE_MINUTES - 1))
        assert await anna.ask("Me") is not None
    clock.advance(timedelta(minutes=settings.SESSION_IDLE_MINUTES + 1))
    assert await anna.ask("Me") is None


async def test_a_session_ends_after_a_working_day_however_busy(anna: Client) -> None:
    for _ in range(settings.SESSION_HOURS * 3 - 1):
        clock.advance(timedelta(minutes=20))
        assert await anna.ask("Me") is not None
    clock.advance(timedelta(minutes=20))
    assert await anna.ask("Me") is None


async def test_me_is_the_holder_of_the_account(anna: Client, nobody: Client) -> None:
    assert await nobody.ask("Me") is None
    me = await anna.ask("Me")
    assert me["patient"].pop("id").startswith("Patient_")
    assert me == {
        "login": "anna@example.pl",
        "email": "anna@example.pl",
        "role": "PATIENT",
        "mustChangePassword": False,
        "patient": {
            "firstName": "Anna",
            "lastName": "Żółć",
            "peselMasked": "*******7589",
            "email": "anna@example.pl",
            "phone": "+48501234567",
            "smsReminders": True,
        },
    }
