"""Keys derived from SECRET_KEY, and all that is sealed, signed or blinded with them."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import settings

NONCE, SIGNATURE = 12, 12


class Broken(ValueError):
    """Sealed or signed bytes that this service did not make with its present SECRET_KEY."""


class Foreign(Broken):
    """Well made, but signed by another key or for another purpose."""


@cache
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"e-rejestracja/{purpose}".encode()).derive(secret.encode())


def key(purpose: str, secret: str | None = None) -> bytes:
    return _key(secret or settings.SECRET_KEY, purpose)


def close(text: str, purpose: str) -> bytes:
    """Encrypt (AES-256-GCM, random nonce): readable only with SECRET_KEY and for this purpose."""
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key(purpose)).encrypt(nonce, text.encode(), None)


def open_(sealed: bytes, purpose: str, secret: str | None = None) -> str:
    """What `close` sealed, with SECRET_KEY or the secret given."""
    try:
        return AESGCM(key(purpose, secret)).decrypt(sealed[:NONCE], sealed[NONCE:], None).decode()
    except InvalidTag:
        raise Broken(f"Sealed with another SECRET_KEY: {purpose}.") from None


def blind(text: str, purpose: str) -> str:
    """A keyed fingerprint (HMAC-SHA-256): equal for equal texts, useless to try numbers against without SECRET_KEY."""
    return hmac.digest(key(purpose), text.encode(errors="surrogatepass"), "sha256").hex()


def token_hash(token: str) -> str:
    """Tokens hold 256 random bits: a plain hash of them cannot be searched."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raise Broken("Not base64url.") from None
    if encode(raw) != text:
        raise Broken("Not base64url.")
    return raw


def sign(payload: bytes, purpose: str) -> str:
    """A readable but unforgeable token, such as a cursor."""
    return encode(hmac.digest(key(purpose), payload, "sha256")[:SIGNATURE] + payload)


def unsign(token: str, purpose: str) -> bytes:
    raw = decode(token)
    if len(raw) < SIGNATURE:
        raise Broken("Too short to be signed.")
    signature, payload = raw[:SIGNATURE], raw[SIGNATURE:]
    if not hmac.compare_digest(signature, hmac.digest(key(purpose), payload, "sha256")[:SIGNATURE]):
        raise Foreign("Not signed by this service.")
    return payload


def _block(kind: str) -> Cipher[modes.ECB]:
    return Cipher(algorithms.AES(key(f"id/{kind}")), modes.ECB())  # noqa: S305 - one block: a permutation of UUIDs  # nosec B305


def hide(kind: str, identifier: UUID) -> str:
    """The public form of a key: the same each time, tells neither its time nor its neighbours."""
    encryptor = _block(kind).encryptor()
    return f"{kind}_{encode(encryptor.update(identifier.bytes) + encryptor.finalize())}"


def reveal(kind: str, hidden: str) -> UUID:
    """The key behind a public id of this kind; Broken for anything else."""
    prefix, _, text = hidden.partition("_")
    raw = decode(text)
    if prefix != kind or len(raw) != 16:
        raise Broken("Not an id of this kind.")
    decryptor = _block(kind).decryptor()
    return UUID(bytes=decryptor.update(raw) + decryptor.finalize())
