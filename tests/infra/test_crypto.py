"""Encryption and ids: values sent out must come back unchanged or are refused, and stored values are unreadable."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uuid6 import uuid7

from infra import crypto


def flipped(raw: bytes, place: int) -> bytes:
    place %= len(raw)
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


@given(text=st.text(), place=st.integers(0, 1000))
def test_sealed_text_opens_for_its_purpose_and_any_changed_byte_breaks_it(text: str, place: int) -> None:
    sealed = crypto.encrypt(text, "pesel")
    assert crypto.decrypt(sealed, "pesel") == text
    assert crypto.encrypt(text, "pesel") != sealed
    for broken, purpose in ((sealed, "application"), (flipped(sealed, place), "pesel"), (sealed[:-1], "pesel")):
        with pytest.raises(crypto.InvalidToken):
            crypto.decrypt(broken, purpose)


@pytest.mark.parametrize("sealed", [b"x" * 12, b"x" * 27, b"x" * 28, b"x" * 1000])
def test_what_was_never_sealed_is_broken(sealed: bytes) -> None:
    with pytest.raises(crypto.InvalidToken):
        crypto.decrypt(sealed, "pesel")


@given(payload=st.binary(max_size=60), place=st.integers(0, 1000))
def test_a_cursor_comes_back_unchanged_or_is_refused(payload: bytes, place: int) -> None:
    cursor = crypto.sign(payload, "slots")
    assert crypto.verify(cursor, "slots") == payload
    with pytest.raises(crypto.InvalidToken):
        crypto.verify(cursor, "visits")
    for forged in (
        crypto.encode_base64url(flipped(crypto.decode_base64url(cursor), place)),
        cursor[:-1],
        cursor + "A",
        cursor + "=",
        "A" + cursor,
    ):
        with pytest.raises(crypto.InvalidToken):
            crypto.verify(forged, "slots")


@given(token=st.text(max_size=60))
def test_no_text_is_a_cursor_by_chance(token: str) -> None:
    with pytest.raises(crypto.InvalidToken):
        crypto.verify(token, "slots")


@given(identifier=st.uuids())
def test_an_id_is_the_same_each_time_comes_back_and_is_of_its_kind_only(identifier: UUID) -> None:
    hidden = crypto.encode_id("visit", identifier)
    assert hidden == crypto.encode_id("visit", identifier)
    assert crypto.decode_id("visit", hidden) == identifier
    assert identifier.hex not in hidden
    with pytest.raises(crypto.InvalidToken):
        crypto.decode_id("slot", hidden)
    assert crypto.decode_id("slot", hidden.replace("visit_", "slot_")) != identifier, "another prefix is another id"


@given(text=st.text(max_size=40) | st.from_regex(r"visit_[A-Za-z0-9_=-]{0,30}"))
def test_any_text_is_an_id_in_its_one_spelling_or_refused(text: str) -> None:
    try:
        identifier = crypto.decode_id("visit", text)
    except crypto.InvalidToken:
        return
    assert crypto.encode_id("visit", identifier) == text


@pytest.mark.parametrize(
    "text", ["", "visit", "visit_", "_", "visit_\0", "visit_ż", "visit_" + "A" * 21, "\ud800", "A" * 10**6]
)
def test_an_invalid_id_is_refused(text: str) -> None:
    with pytest.raises(crypto.InvalidToken):
        crypto.decode_id("visit", text)


def test_ids_made_one_after_the_other_do_not_look_alike() -> None:
    """A UUIDv7 reveals when its row was created and which row came next; encrypted ids reveal neither."""
    hidden = [crypto.encode_id("visit", uuid7()) for _ in range(50)]
    assert len({text[:12] for text in hidden}) == 50
    assert hidden != sorted(hidden)


def test_everything_depends_on_the_secret_key_and_the_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    identifier, sealed, cursor = uuid7(), crypto.encrypt("x", "pesel"), crypto.sign(b"x", "slots")
    hidden, blind = crypto.encode_id("visit", identifier), crypto.blind_index("x", "pesel index")
    assert blind != crypto.blind_index("x", "throttle/login")
    monkeypatch.setattr("settings.SECRET_KEY", "another secret key, of another installation")
    assert crypto.decode_id("visit", hidden) != identifier
    assert crypto.blind_index("x", "pesel index") != blind
    with pytest.raises(crypto.InvalidToken):
        crypto.decrypt(sealed, "pesel")
    with pytest.raises(crypto.InvalidToken):
        crypto.verify(cursor, "slots")
