"""Fixtures of these tests: the cast as clients, and no background tasks."""

from tests.support.client import anna, borys, celina, mail_server, nobody, nudges

__all__ = ["anna", "borys", "celina", "mail_server", "nobody", "nudges"]
