"""Fixtures of these tests: the cast as clients, and no background tasks."""

from tests.support.client import anna, borys, celina, nobody, nudges

__all__ = ["anna", "borys", "celina", "nobody", "nudges"]
