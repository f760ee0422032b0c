"""Licence number (PWZ) of a physician: seven digits, the first of which is the check digit (nil.org.pl)."""

import re

_FORM = re.compile(r"[1-9]\d{6}", re.ASCII)


def is_valid(number: str) -> bool:
    """Whether the check digit is the sum of the others, weighted 1 to 6, modulo 11; it is never 0."""
    if not _FORM.fullmatch(number):
        return False
    check, *rest = (int(digit) for digit in number)
    return sum(weight * digit for weight, digit in enumerate(rest, 1)) % 11 == check
