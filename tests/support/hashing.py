"""Cheap password hashing in the tests' own process; production has no setting for it."""

from typing import Any

import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from models.accounts import password

SERVICE = password._hasher  # the hasher that the service itself uses
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def hash_cheaply() -> None:
    password._hasher = CHEAP


def count_hashing(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Parameters, int]]:
    """A list that grows with each Argon2 hash from now on: its parameters and the number of characters."""
    work: list[tuple[Parameters, int]] = []
    verify, hash_ = PasswordHasher.verify, PasswordHasher.hash

    def verifying(self: PasswordHasher, stored: Any, secret: Any) -> Any:
        work.append((extract_parameters(stored), len(secret)))
        return verify(self, stored, secret)

    def hashing(self: PasswordHasher, secret: Any, **more: Any) -> str:
        made = hash_(self, secret, **more)
        work.append((extract_parameters(made), len(secret)))
        return made

    monkeypatch.setattr(PasswordHasher, "verify", verifying)
    monkeypatch.setattr(PasswordHasher, "hash", hashing)
    return work
