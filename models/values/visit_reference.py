"""Visit reference: the code by which a patient identifies a visit on the telephone."""

import secrets

SPEAKABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no letters or digits that look alike


def generate() -> str:
    """Eight characters in two groups (39 bits): short enough to read out, long enough not to be guessed."""
    letters = "".join(secrets.choice(SPEAKABLE) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"
