"""Visit reference: the code by which a patient names a visit on the telephone."""

import secrets

SPEAKABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no letter or digit that looks like another


def generate() -> str:
    """Eight characters in two groups (39 bits): short enough to say, too many to guess."""
    letters = "".join(secrets.choice(SPEAKABLE) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"
