"""Signing in: a one-time password only permits setting a password, and guessing gets slower and slower."""

import asyncio
import re
import threading
import unicodedata
from datetime import timedelta
from typing import Any

import pytest

import settings
from infra import clock
from models.accounts import password
from models.accounts.hashing_queue import HashingQueue
from models.accounts.login_throttle import FREE_TRIES
from tests import cast
from tests.support.client import Client, client_of, deliver
from tests.support.hashing import count_hashing
from tests.support.statement_count import count_statements
from tests.support.waiting import eventually

OWN = "burza nad jeziorem o świcie"
DOROTA = {"email": "dorota@example.pl", "pesel": "44051401359", "firstName": "Dorota", "lastName": "Nowak"}
ONE_TIME = re.compile(r"(?:Hasło jednorazowe|One-time password): (\S+)")


async def one_time_password() -> str:
    """The one-time password from the newest letter."""
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
    assert (await dorota.ask("Me"))["login"] == "dorota@example.pl"
    assert await dorota.code("ExportMyData") == "PASSWORD_CHANGE_REQUIRED"
    changed = await dorota.do("ChangePassword", currentPassword=secret, newPassword=OWN)
    assert changed["account"]["mustChangePassword"] is False
    assert changed["account"]["patient"]["peselMasked"] == "*******1359"
    assert await dorota.ask("Me") is None  # the old token is no longer valid
    assert (await Client(changed["token"]).ask("Me"))["role"] == "PATIENT"
    assert (await (await Client().log_in("dorota@example.pl", OWN)).ask("Me"))["login"] == "dorota@example.pl"


CHANGE = """mutation C($new: String!) { changePassword(input: { newPassword: $new }) {
    __typename ... on Session { account { mustChangePassword } } } }"""


async def test_whoever_came_by_a_letter_need_not_repeat_what_it_said(nobody: Client) -> None:
    """After a reload, the page no longer has the one-time password."""
    opened = await nobody.do("LogIn", login="dorota@example.pl", password=await signed_up())
    changed = (await Client(opened["token"]).send(CHANGE, new=OWN))["data"]["changePassword"]
    assert changed == {"__typename": "Session", "account": {"mustChangePassword": False}}


async def test_with_an_own_password_it_must_be_repeated(anna: Client) -> None:
    assert (await anna.send(CHANGE, new=OWN))["data"]["changePassword"] == {"__typename": "WrongCredentials"}
    assert (await anna.ask("Me"))["login"] == "anna@example.pl"


async def test_a_new_log_in_replaces_a_half_open_session(anna: Client, nobody: Client) -> None:
    opened = await nobody.do("LogIn", login="dorota@example.pl", password=await signed_up())
    half = Client(opened["token"])
    assert (await half.do("LogIn", login="anna@example.pl", password=cast.PASSWORD))["__typename"] == "Session"
    assert await half.ask("Me") is None
    assert (await anna.ask("Me"))["login"] == "anna@example.pl"


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


async def test_the_passwords_of_several_letters_all_open_once(nobody: Client) -> None:
    """A stranger who requests a newer letter does not void the password that the owner is about to type."""
    first = await signed_up()
    await nobody.do("RequestNewPassword", email="dorota@example.pl")
    second = await one_time_password()
    assert [await kind(nobody, "dorota@example.pl", secret) for secret in (first, second)] == ["Session"] * 2
    assert await kind(nobody, "dorota@example.pl", first) == "WrongCredentials"


@pytest.mark.usefixtures("anna")
async def test_a_stranger_who_asks_for_all_letters_of_the_day_does_not_lock_the_owner_out(nobody: Client) -> None:
    """The owner gets no further letters that day, but each one received opens the account for 24 hours."""
    for _ in range(15):
        await nobody.do("RequestNewPassword", email="anna@example.pl")
        await deliver()
        clock.advance(timedelta(minutes=3))
    letters = [found[1] for letter in await deliver() if (found := ONE_TIME.search(letter["text"]))]
    assert len(letters) == 10
    clock.advance(timedelta(hours=23))
    assert {await kind(nobody, "anna@example.pl", secret) for secret in letters} == {"Session"}
    clock.advance(timedelta(minutes=16))
    await nobody.do("RequestNewPassword", email="anna@example.pl")
    assert await one_time_password() not in letters


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
    await kind(nobody, "warming-up@example.pl", "makes the hash that stands for nobody's")
    work = count_hashing(monkeypatch)
    known, statements_known = await count_statements(kind(nobody, "anna@example.pl", "wrong"))
    unknown, statements_unknown = await count_statements(kind(nobody, "nobody@example.pl", "wrong"))
    assert known == unknown == "WrongCredentials"
    assert statements_known == statements_unknown > 0
    work_known, work_unknown = work
    assert work_known == work_unknown


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(("secret", "times"), [("wrong", 1), ("\ufdfa" * 50_000, 0)])
async def test_looking_for_a_one_time_password_takes_the_same_work_too(
    secret: str, times: int, nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a password of a quarter of a megabyte, the difference would be a tenth of a second."""
    folded: list[str] = []

    def counting(text: str, really: Any = password.hash_one_time_password) -> str:
        folded.append(text)
        return str(really(text))

    monkeypatch.setattr(password, "hash_one_time_password", counting)
    for login in ("anna@example.pl", "nobody@example.pl"):
        folded.clear()
        assert await kind(nobody, login, secret) == "WrongCredentials"
        assert len(folded) == times


@pytest.mark.parametrize("login", ["anna@example.pl", "nobody@example.pl"])
@pytest.mark.usefixtures("anna")
async def test_too_many_failures_slow_an_address_down_at_a_login_known_or_not(login: str, nobody: Client) -> None:
    for _ in range(FREE_TRIES["pair"]):
        assert await kind(nobody, login, "wrong") == "WrongCredentials"
    refused = await nobody.do("LogIn", login=login, password=cast.PASSWORD)
    assert refused["__typename"] == "TooManyAttempts"
    assert refused["retryAt"] == (clock.local(clock.now()) + timedelta(seconds=30)).isoformat()
    clock.advance(timedelta(seconds=29))
    assert await kind(nobody, login.upper(), cast.PASSWORD) == "TooManyAttempts"
    expected = "Session" if login == "anna@example.pl" else "WrongCredentials"
    assert await kind(Client(address="10.9.8.7"), login, cast.PASSWORD) == expected
    clock.advance(timedelta(seconds=1))
    assert await kind(nobody, login, cast.PASSWORD) == expected


@pytest.mark.usefixtures("anna", "borys")
async def test_an_address_from_which_all_logins_are_tried_is_slowed_down_too(nobody: Client) -> None:
    for n in range(FREE_TRIES["address"]):
        assert await kind(nobody, f"n{n}@example.pl", "wrong") == "WrongCredentials"
    assert await kind(nobody, "anna@example.pl", cast.PASSWORD) == "TooManyAttempts"
    assert await kind(Client(address="10.0.0.1"), "anna@example.pl", cast.PASSWORD) == "Session"


DEVICE = """mutation D($input: LogInInput!) { logIn(input: $input) { __typename ... on Session { token device } } }"""
NEW_DEVICE = """mutation N($input: ChangePasswordInput!) { changePassword(input: $input) {
    __typename ... on Session { token device } } }"""


async def attack(login: str) -> None:
    """Do all that a stranger who knows the login can do, from anywhere and even from the owner's own network."""
    for n in range(FREE_TRIES["login"] + 5):
        await kind(Client(address=f"10.{n}.0.1"), login, "wrong")
    for n in range(FREE_TRIES["address"] + 1):
        await kind(Client(), f"n{n}@example.pl", "wrong")


async def typed(client: Client, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await client.send(DEVICE, input=fields))["data"]["logIn"]
    return found


@pytest.mark.usefixtures("anna")
async def test_a_program_that_shows_its_device_is_not_held_up_by_strangers(nobody: Client) -> None:
    """The program sends `Session.device` back with the next `logIn`, as a mobile application does."""
    mine = {"login": "anna@example.pl", "password": cast.PASSWORD}
    device = (await typed(nobody, **mine))["device"]
    await attack("anna@example.pl")
    assert (await typed(Client(address="10.200.0.1"), **mine))["__typename"] == "TooManyAttempts"
    assert (await typed(nobody, **mine, device="forged"))["__typename"] == "TooManyAttempts"
    assert (await typed(nobody, **mine, device=device))["device"] == device
    again = await typed(Client(address="10.200.0.1"), **mine, device=device)
    assert again["__typename"] == "Session"


@pytest.mark.usefixtures("celina")
async def test_a_device_known_to_one_account_does_not_bypass_anothers_delay(anna: Client, nobody: Client) -> None:
    device = (await typed(nobody, login="celina@example.pl", password=cast.PASSWORD))["device"]
    hers = {"login": anna.account.email, "password": "wrong", "device": device}
    kinds = [(await typed(nobody, **hers))["__typename"] for _ in range(FREE_TRIES["pair"] + 1)]
    assert kinds == ["WrongCredentials"] * FREE_TRIES["pair"] + ["TooManyAttempts"]


@pytest.mark.usefixtures("anna")
async def test_a_browser_remembers_its_device_beyond_the_session_and_log_out() -> None:
    page = Client()
    mine = {"login": "anna@example.pl", "password": cast.PASSWORD, "asCookie": True}
    assert await typed(page, **mine) == {"__typename": "Session", "token": None, "device": None}
    [cookie] = [each for each in page.http.cookies.jar if each.name == "__Host-device"]
    assert (cookie.secure, cookie.path, cookie.has_nonstandard_attr("HttpOnly")) == (True, "/", True)
    assert cookie.get_nonstandard_attr("SameSite") == "strict"
    await page.ask("LogOut")
    await attack("anna@example.pl")
    assert (await typed(page, **mine))["__typename"] == "Session"
    foreign = {"origin": "https://elsewhere.example"}
    page.headers |= foreign
    assert (await typed(page, **mine))["__typename"] == "TooManyAttempts", "a foreign page does not show our cookie"


async def test_a_flood_of_log_ins_does_not_send_a_known_device_away(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers with many addresses fill their share of the hashing queue."""
    await cast.anna()
    mine = {"login": "anna@example.pl", "password": cast.PASSWORD}
    device = (await typed(nobody, **mine))["device"]
    queue = HashingQueue(1, longest=4)
    monkeypatch.setattr(password, "_queue", queue)
    gate = threading.Event()
    flood = [asyncio.create_task(queue.run_for_stranger(gate.wait)) for _ in range(3)]
    await asyncio.sleep(0)
    assert await nobody.code(DEVICE, input=mine) == "RATE_LIMITED"
    asked = asyncio.create_task(typed(nobody, **mine, device=device))
    await eventually(lambda: queue._places._value == 0)
    gate.set()
    assert (await asked)["__typename"] == "Session"
    await asyncio.gather(*flood)


async def test_a_letter_makes_no_device_known_and_the_own_password_set_by_it_does(nobody: Client) -> None:
    secret = await signed_up()
    opened = await typed(nobody, login="dorota@example.pl", password=secret)
    assert opened["device"] is None
    half = Client(opened["token"])
    changed = (await half.send(NEW_DEVICE, input={"newPassword": OWN}))["data"]["changePassword"]
    await attack("dorota@example.pl")
    mine = {"login": "dorota@example.pl", "password": OWN, "device": changed["device"]}
    assert (await typed(nobody, **mine))["__typename"] == "Session"


@pytest.mark.usefixtures("anna")
async def test_an_owner_who_is_slowed_down_gets_in_by_a_new_password(nobody: Client) -> None:
    await attack("anna@example.pl")
    assert await kind(nobody, "anna@example.pl", cast.PASSWORD) == "TooManyAttempts"
    await nobody.do("RequestNewPassword", email="anna@example.pl")
    assert await kind(nobody, "anna@example.pl", await one_time_password()) == "Session"


async def test_strangers_who_guess_do_not_lock_out_who_is_signed_in(anna: Client, nobody: Client) -> None:
    await attack("anna@example.pl")
    changed = await anna.do("ChangePassword", currentPassword=cast.PASSWORD, newPassword=OWN)
    assert changed["__typename"] == "Session"


async def test_guessing_in_an_open_session_is_slowed_down_as_well(anna: Client) -> None:
    for _ in range(FREE_TRIES["session"]):
        assert await changed(anna, "wrong", OWN) == "WrongCredentials"
    assert await changed(anna, cast.PASSWORD, OWN) == "WrongCredentials"
    clock.advance(timedelta(seconds=31))
    assert await changed(anna, cast.PASSWORD, OWN) == "Session"


async def changed(client: Client, old: str, new: str) -> str:
    answer = await client.do("ChangePassword", currentPassword=old, newPassword=new)
    return str(answer["__typename"])


@pytest.mark.usefixtures("anna")
async def test_the_old_password_is_wrong_after_a_change(anna: Client, nobody: Client) -> None:
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
        "TOO_LONG": ("Hasło może mieć najwyżej 128 znaków.", "At most 128 characters are possible."),
        "COMMON": ("Należy do haseł, które łatwo odgadnąć.", "It is among the passwords that are tried first."),
        "MALFORMED": ("Zawiera znak, którego nie da się wpisać.", "It contains a character that cannot be typed."),
        "PERSONAL": (
            "Składa się głównie z własnych danych lub naszej nazwy.",
            "It consists of your own data or our name and little else.",
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


async def test_a_session_says_when_it_ends_and_is_extended_to_its_limit(anna: Client) -> None:
    ends = "{ me { session { endsAt latestEnd } } }"
    with clock.pinned(clock.now()):
        begun = (await anna.ask(ends))["session"]
        clock.advance(timedelta(minutes=29))
        assert (await anna.ask("mutation { extendSession { endsAt } }"))["endsAt"] > begun["endsAt"]
        clock.advance(timedelta(minutes=29))
        assert await anna.ask("mutation { extendSession { endsAt } }")
        for _ in range(20):
            clock.advance(timedelta(minutes=25))
            if (session := await anna.ask("mutation { extendSession { endsAt latestEnd } }")) is None:
                break
            assert session["latestEnd"] == begun["latestEnd"] >= session["endsAt"]
        assert session is None  # a session cannot be extended beyond eight hours
        clock.advance(timedelta(minutes=1))
        assert await anna.ask("{ me { login } }") is None


async def test_a_session_that_idles_cannot_be_extended_any_more(anna: Client) -> None:
    with clock.pinned(clock.now()):
        await anna.ask("{ me { login } }")
        clock.advance(timedelta(minutes=31))
        assert await anna.ask("mutation { extendSession { endsAt } }") is None
