"""Contact rules: an address one can write to, a mobile number one can text, in one spelling each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import contact


@pytest.mark.parametrize(
    "text",
    [
        "501234567",
        "501 234 567",
        "+48 501-234-567",
        "0048501234567",
        "+48501234567",
        " (501) 234 567 ",
        "４５０１２３４５６",
    ],
)
def test_a_polish_mobile_number_is_kept_in_e164(text: str) -> None:
    assert contact.mobile(text) in {"+48501234567", "+48450123456"}


def test_a_foreign_mobile_number_needs_its_country() -> None:
    assert contact.mobile("+49 1512 3456789") == "+4915123456789"
    with pytest.raises(contact.BadContact):
        contact.mobile("1512 3456789")


@pytest.mark.parametrize(
    "text",
    [
        "22 111 11 11", "+48221111111", "800 123 456", "112", "50123456", "5012345678", "abc", "", "+", "+48",
        "501234567;ext=1" * 20, "\0", "\ud800", "+999501234567", "5" * 200,
    ],
)  # fmt: skip
def test_what_cannot_be_texted_is_refused(text: str) -> None:
    with pytest.raises(contact.BadContact):
        contact.mobile(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("anna@example.pl", "anna@example.pl"),
        (" Anna.Zolc+wizyty@Example.PL ", "Anna.Zolc+wizyty@example.pl"),
        ("zolc@łódź.example.pl", "zolc@łódź.example.pl"),
        ("o'brien@example.pl", "o'brien@example.pl"),
    ],
)
def test_an_address_is_kept_as_it_will_be_written_to(text: str, address: str) -> None:
    assert contact.email(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "", "anna", "anna@",
        "@example.pl", "anna@example", "anna@@example.pl", "anna zolc@example.pl", "a\0@example.pl",
        "żółć@example.pl",
        "anna@example.pl\nBcc: celina@example.pl", "anna@example.pl, celina@example.pl", "Anna <anna@example.pl>",
        "anna@exam ple.pl", f"anna@{'a' * 250}.pl", "anna@-example.pl", "\ud800@example.pl",
        ".anna@example.pl", "an..na@example.pl", "anna@[127.0.0.1]", "anna@127.0.0.1",
    ],
)  # fmt: skip
def test_what_cannot_be_written_to_is_refused(text: str) -> None:
    with pytest.raises(contact.BadContact):
        contact.email(text)


@pytest.mark.parametrize("text", ["ANNA@EXAMPLE.PL", "Anna@Example.pl", " anna@example.pl\t"])
def test_spellings_of_one_mailbox_have_one_key(text: str) -> None:
    assert contact.email_key(text) == "anna@example.pl"


def test_two_compositions_of_one_letter_have_one_key() -> None:
    assert contact.email_key("z\u0307o\u0301łc\u0301@example.pl") == contact.email_key("żółć@example.pl")


@given(text=st.text(max_size=60))
def test_any_text_is_an_address_or_refused_and_the_key_is_its_own_key(text: str) -> None:
    try:
        address = contact.email(text)
    except contact.BadContact:
        return
    assert contact.email(address) == address
    assert contact.email_key(contact.email_key(address)) == contact.email_key(address)


@given(text=st.text(max_size=40) | st.from_regex(r"[+0-9 ()-]{0,20}"))
def test_any_text_is_a_mobile_number_or_refused(text: str) -> None:
    try:
        number = contact.mobile(text)
    except contact.BadContact:
        return
    assert number.startswith("+")
    assert contact.mobile(number) == number
