"""Keys derived from SECRET_KEY, and encryption, signatures and blind indexes that use them."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from functools import cache, lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import settings

NONCE_BYTES, SIGNATURE_BYTES = 12, 12


class InvalidToken(ValueError):
    """Not encrypted or signed by this service with its current SECRET_KEY."""


class WrongSignature(InvalidToken):
    """Well-formed, but signed with another key or for another purpose."""


@cache
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"e-rejestracja/{purpose}".encode()).derive(secret.encode())


def derive_key(purpose: str, secret: str | None = None) -> bytes:
    return _key(secret or settings.SECRET_KEY, purpose)


def encrypt(text: str, purpose: str) -> bytes:
    """AES-256-GCM with a random nonce: readable only with SECRET_KEY and for this purpose."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(derive_key(purpose)).encrypt(nonce, text.encode(), None)


def decrypt(encrypted: bytes, purpose: str, secret: str | None = None) -> str:
    """Decrypt what `encrypt` returned, with SECRET_KEY or another secret."""
    try:
        return (
            AESGCM(derive_key(purpose, secret)).decrypt(encrypted[:NONCE_BYTES], encrypted[NONCE_BYTES:], None).decode()
        )
    except InvalidTag:
        raise InvalidToken(f"Encrypted with another SECRET_KEY: {purpose}.") from None


def blind_index(text: str, purpose: str) -> str:
    """HMAC-SHA-256: equal for equal texts; without SECRET_KEY nobody can test guesses against it."""
    return hmac.digest(derive_key(purpose), text.encode(errors="surrogatepass"), "sha256").hex()


def hash_token(token: str) -> str:
    """A plain hash is enough: nobody can guess the 256 random bits of a token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def encode_base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raise InvalidToken("Not base64url.") from None
    if encode_base64url(raw) != text:
        raise InvalidToken("Not base64url.")
    return raw


def sign(payload: bytes, purpose: str) -> str:
    """A readable token that nobody can forge, such as a cursor."""
    return encode_base64url(hmac.digest(derive_key(purpose), payload, "sha256")[:SIGNATURE_BYTES] + payload)


def verify(token: str, purpose: str) -> bytes:
    raw = decode_base64url(token)
    if len(raw) < SIGNATURE_BYTES:
        raise InvalidToken("Too short to be signed.")
    signature, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, hmac.digest(derive_key(purpose), payload, "sha256")[:SIGNATURE_BYTES]):
        raise WrongSignature("Not signed by this service.")
    return payload


@lru_cache(maxsize=64)
def _id_cipher(kind: str, secret: str) -> tuple[CipherContext, CipherContext]:
    """The encryptor and decryptor for ids of one kind; each call processes whole blocks, so no state carries over."""
    key = derive_key(f"id/{kind}", secret)
    cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - one block: a permutation of UUIDs  # nosec B305
    return cipher.encryptor(), cipher.decryptor()


def encode_id(kind: str, identifier: UUID) -> str:
    """The public form of a key: the same each time; it reveals neither the time of the row nor its neighbours."""
    encrypted = _id_cipher(kind, settings.SECRET_KEY)[0].update(identifier.bytes)
    return f"{kind}_{encode_base64url(encrypted)}"


def encode_ids(kind: str, identifiers: Iterable[UUID]) -> list[str]:
    """The public forms of many keys, encrypted at once."""
    encrypted = _id_cipher(kind, settings.SECRET_KEY)[0].update(b"".join([each.bytes for each in identifiers]))
    texts = [encode_base64url(encrypted[place : place + 16]) for place in range(0, len(encrypted), 16)]
    return [f"{kind}_{text}" for text in texts]


def decode_id(kind: str, public: str) -> UUID:
    """The key behind a public id of this kind; InvalidToken for anything else."""
    prefix, _, text = public.partition("_")
    raw = decode_base64url(text)
    if prefix != kind or len(raw) != 16:
        raise InvalidToken("Not an id of this kind.")
    return UUID(bytes=_id_cipher(kind, settings.SECRET_KEY)[1].update(raw))
