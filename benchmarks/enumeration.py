"""Measures whether answer times distinguish known from unknown people: `python benchmarks/enumeration.py`.

It makes 200 tries for each kind of person, in mixed order, one at a time over real HTTP, each from another address, so
that none is throttled. It times the answer and also the next requests, because background work may slow those down.
The means cover the middle 90 %, to exclude the effects of other work on the machine.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from infra import clock, database
from models.accounts import password
from models.accounts.account import Account, Role
from models.accounts.patient import Patient
from models.values import contact, pesel
from tests.support.service import run_service

LOG_IN = "mutation($i: LogInInput!) { logIn(input: $i) { __typename } }"
NEW_PASSWORD = "mutation($i: RequestNewPasswordInput!) { requestNewPassword(input: $i) { __typename } }"
SIGN_UP = "mutation($i: SignUpInput!) { signUp(input: $i) { __typename } }"
AFTERWARDS = "{ serviceHours { isOpen } }"
TRIES, NEXT, PAUSE_SECONDS, WITHIN = 200, 5, 0.1, 0.05
UNHURRIED = {"RATE_PER_ADDRESS": "1000000/minute", "RATE_OF_SIGN_IN": "1000000/minute", "TRUSTED_PROXIES": "127.0.0.1"}

Ask = Callable[[str, dict[str, object]], Awaitable[float]]


def number(n: int) -> str:
    """The PESEL of a person born in 1990."""
    first = f"900101{n:04}"
    digit = -sum(int(d) * w for d, w in zip(first, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True)) % 10
    return f"{first}{digit}"


async def people(count: int) -> None:
    hash_ = await password.hash_password("zielona kaczka lubi deszcz")
    for n in range(count):
        sealed = {"pesel_sealed": pesel.encrypt(number(n)), "pesel_index": pesel.blind_index(number(n))}
        patient = await Patient.create(first_name="Znana", last_name=f"Nr{n}", created_at=clock.now(), **sealed)
        email = f"known{n:03}@example.pl"
        await Account.create(
            email=email,
            email_key=contact.email_key(email),
            role=Role.PATIENT,
            password_hash=hash_,
            patient=patient,
            created_at=clock.now(),
        )


def inputs(name: str, is_known: bool, n: int) -> dict[str, object]:
    email = f"{'known' if is_known else 'other'}{n:03}@example.pl"
    if name == "logIn, wrong password":
        return {"login": email, "password": "not the password"}
    if name == "requestNewPassword":
        return {"email": email}
    who = {"pesel": number(n if is_known else n + 5000), "firstName": "Nowa", "lastName": "Osoba"}
    return {"email": email, **who}


def report(name: str, times: dict[bool, list[float]]) -> bool:
    """Print the two means and return whether they are close."""
    means = {}
    for is_known, found in times.items():
        middle = sorted(found)[len(found) // 20 : -len(found) // 20]
        means[is_known] = statistics.mean(middle) * 1000
    apart = abs(means[True] - means[False]) / min(means.values())
    print(f"{name}: {means[True]:.2f} ms known, {means[False]:.2f} ms unknown, {apart:.1%} difference")
    return apart < WITHIN


async def compare(name: str, query: str, ask: Ask) -> bool:
    tries = [(is_known, n) for n in range(TRIES) for is_known in (True, False)]
    random.Random(7).shuffle(tries)
    answers: dict[bool, list[float]] = {True: [], False: []}
    afterwards: dict[bool, list[float]] = {True: [], False: []}
    for is_known, n in tries:
        answers[is_known].append(await ask(query, inputs(name, is_known, n)))
        afterwards[is_known].append(sum([await ask(AFTERWARDS, {}) for _ in range(NEXT)]))
        await asyncio.sleep(PAUSE_SECONDS)
    return all([report(name, answers), report(f"the {NEXT} requests after {name}", afterwards)])


async def measure(url: str, database_url: str) -> bool:
    await database.connect(database_url)
    await people(TRIES)
    await database.disconnect()
    addresses = iter(range(10**6))
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:

        async def ask(query: str, given: dict[str, object]) -> float:
            n = next(addresses)
            headers = {"x-forwarded-for": f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"}
            began = time.perf_counter()
            answer = await http.post(
                "/graphql", json={"query": query, "variables": {"i": given} if given else {}}, headers=headers
            )
            took = time.perf_counter() - began
            assert "errors" not in answer.json(), answer.text
            return took

        for n in range(20):  # warm up
            await ask(LOG_IN, {"login": f"warm{n}@example.pl", "password": "x"})
        questions = (("logIn, wrong password", LOG_IN), ("requestNewPassword", NEW_PASSWORD), ("signUp", SIGN_UP))
        return all([await compare(name, query, ask) for name, query in questions])


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as folder,
        run_service(Path(folder), LOG_FORMAT="json", **UNHURRIED) as service,
    ):
        socket_dir = Path(folder) / "postgres" / "data"
        equal = asyncio.run(measure(service.url, f"postgres://postgres@/postgres?host={socket_dir}&port=5432"))
    sys.exit(0 if equal else "Known and unknown people differ by more than 5 %.")
