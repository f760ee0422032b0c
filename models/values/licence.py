"""Licence (PWZ): a physician's number; seven digits of which the first checks the others (nil.org.pl)."""

import re

_FORM = re.compile(r"[1-9]\d{6}", re.ASCII)


def is_valid(number: str) -> bool:
    """The check digit is the sum of the others, weighted 1 to 6, modulo 11; it is never 0 or ten."""
    if not _FORM.fullmatch(number):
        return False
    check, *rest = (int(digit) for digit in number)
    return sum(weight * digit for weight, digit in enumerate(rest, 1)) % 11 == check
