"""Visit reference: the code by which a patient identifies a visit on the telephone."""

import secrets

SPEAKABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no letters or digits that look alike


def generate() -> str:
    """Eight characters in two groups (39 bits): short enough to read out, long enough not to be guessed."""
    letters, number = "", secrets.randbelow(len(SPEAKABLE) ** 8)  # drawn once: each draw is a system call
    for _ in range(8):
        number, place = divmod(number, len(SPEAKABLE))
        letters += SPEAKABLE[place]
    return f"{letters[:4]}-{letters[4:]}"
