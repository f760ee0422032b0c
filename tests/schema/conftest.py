"""What these tests share: the cast as clients, and no task in the background."""

from tests.support.client import anna, borys, celina, nobody, nudges

__all__ = ["anna", "borys", "celina", "nobody", "nudges"]
