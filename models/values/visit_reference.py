"""Reference: what a patient reads out on the telephone to name a visit."""

import secrets

SPEAKABLE = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no letter or digit that sounds or looks like another


def new() -> str:
    """Eight letters in two groups (39 bits): short enough to say, too many to guess."""
    letters = "".join(secrets.choice(SPEAKABLE) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"
