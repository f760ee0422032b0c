"""Contact rules: an address that can be written to and a mobile number that can be texted, each in one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values import contact


@pytest.mark.parametrize(
    "text",
    [
        "501234567",
        "501 234 567",
        "+48 501-234-567",
        "0048501234567",
        "+48501234567",
        " (501) 234 567 ",
        "５０１２３４５６７",
    ],
)
def test_a_polish_mobile_number_is_kept_in_e164(text: str) -> None:
    assert contact.parse_mobile(text) == "+48501234567"


@pytest.mark.parametrize(
    "text",
    [
        "+1 212-555-2368",
        "+1 (416) 555-0123",
        "+38 050 123 45 67",
        "+375 29 123 45 67",
        "+84 91 234 56 78",
        "+39 312 345 6789",
    ],
)
def test_foreign_mobiles_are_texted_also_where_mobile_and_fixed_numbers_look_alike(text: str) -> None:
    assert contact.parse_mobile(text) == "+" + "".join(digit for digit in text if digit.isdigit())


@pytest.mark.parametrize(
    "text", ["+1 800 FLOWERS", "501 CDE FGH", "22 111 11 11 wewn. 12", "22 111 11 11 ext 1", "tel:501234567"]
)
def test_letters_in_a_number_are_refused(text: str) -> None:
    for parse in (contact.parse_mobile, contact.parse_phone):
        with pytest.raises(contact.InvalidContact):
            parse(text)


@pytest.mark.parametrize(
    "text",
    [
        *("501234567#12", "501 234 567 # 5", "501234567,,5", "501234567;5", "501234567~3", "501234567*5", "*501234567"),
        *("501 234 567, 601", "501234567?", "501234567=", "501-234-567/601-200-300", "501_234_567"),
    ],
)
def test_what_nobody_dials_is_refused_and_never_dropped(text: str) -> None:
    for parse in (contact.parse_mobile, contact.parse_phone):
        with pytest.raises(contact.InvalidContact):
            parse(text)


@pytest.mark.parametrize("text", ["\u202a+48501234567\u202c", "501\u00a0234\u00a0567", "501–234–567", "501.234/567"])
def test_a_copied_number_is_taken(text: str) -> None:
    assert contact.parse_mobile(text) == "+48501234567"


def test_a_foreign_mobile_number_needs_its_country() -> None:
    assert contact.parse_mobile("+49 1512 3456789") == "+4915123456789"
    with pytest.raises(contact.InvalidContact):
        contact.parse_mobile("1512 3456789")


@pytest.mark.parametrize(
    "text",
    [
        "22 111 11 11",
        "+48221111111",
        "800 123 456",
        "112",
        "50123456",
        "5012345678",
        "abc",
        "",
        "+",
        "+48",
        "501234567;ext=1" * 20,
        "\0",
        "\ud800",
        "+999501234567",
        "5" * 200,
    ],
)
def test_what_cannot_be_texted_is_refused(text: str) -> None:
    with pytest.raises(contact.InvalidContact):
        contact.parse_mobile(text)


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
    assert contact.parse_email(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "anna@",
        "@example.pl",
        "anna@example",
        "anna@@example.pl",
        "anna zolc@example.pl",
        "a\0@example.pl",
        "żółć@example.pl",
        "anna@example.pl\nBcc: celina@example.pl",
        "anna@example.pl, celina@example.pl",
        "Anna <anna@example.pl>",
        "anna@exam ple.pl",
        f"anna@{'a' * 250}.pl",
        "anna@-example.pl",
        "\ud800@example.pl",
        ".anna@example.pl",
        "an..na@example.pl",
        "anna@[127.0.0.1]",
        "anna@127.0.0.1",
        "anna@example.c",
        "anna@example.c0m",
        "anna@example.123",
        "anna@example.p-l",
        "anna@example.xn--",
        "anna@localhost",
        "anna@clinic.local",
        f"{'a' * 65}@example.pl",
        f"anna@{'a' * 64}.pl",
        f"anna@{'ż' * 62}.pl",
        f"anna@{'.'.join(['ż' * 40] * 5)}.pl",
        "anna@exa_mple.pl",
        "anna@\u200bexample.pl",
        "anna@ex⁠ample.pl",
        "anna@xn--d-uga0v8h.pl",
    ],
)
def test_what_cannot_be_written_to_is_refused(text: str) -> None:
    with pytest.raises(contact.InvalidContact):
        contact.parse_email(text)


@pytest.mark.parametrize("text", ["ANNA@EXAMPLE.PL", "Anna@Example.pl", " anna@example.pl\t"])
def test_spellings_of_one_mailbox_have_one_key(text: str) -> None:
    assert contact.email_key(text) == "anna@example.pl"


def test_two_compositions_of_one_letter_have_one_key() -> None:
    assert contact.email_key("z\u0307o\u0301łc\u0301@example.pl") == contact.email_key("żółć@example.pl")


@given(text=st.text(max_size=60))
def test_any_text_is_an_address_or_refused_and_the_key_is_its_own_key(text: str) -> None:
    try:
        address = contact.parse_email(text)
    except contact.InvalidContact:
        return
    assert contact.parse_email(address) == address
    assert contact.email_key(contact.email_key(address)) == contact.email_key(address)


@given(text=st.text(max_size=40) | st.from_regex(r"[+0-9 ()-]{0,20}"))
def test_any_text_is_a_mobile_number_or_refused(text: str) -> None:
    try:
        number = contact.parse_mobile(text)
    except contact.InvalidContact:
        return
    assert number.startswith("+")
    assert contact.parse_mobile(number) == number


IDN = ["łódź.pl", "ŁÓDŹ.PL", "xn--d-uga0v4h.pl", "XN--D-UGA0V4H.PL", "Ło\u0301dz\u0301.pl", "łódź。pl"]


@pytest.mark.parametrize("domain", IDN)
def test_an_international_domain_is_one_address_however_it_is_typed(domain: str) -> None:
    assert contact.email_key(f"Anna@{domain}") == "anna@łódź.pl"
    assert contact.parse_email(f"anna@{domain}") == "anna@łódź.pl"
    assert contact.to_ascii_address(contact.parse_email(f"anna@{domain}")) == "anna@xn--d-uga0v4h.pl"


@pytest.mark.parametrize(
    ("one", "other"), [("straße.de", "strasse.de"), ("οδος.gr", "οδοσ.gr"), ("xn--strae-oqa.de", "strasse.de")]
)
def test_sharp_s_and_final_sigma_of_a_domain_are_letters_of_their_own(one: str, other: str) -> None:
    """IDNA 2008 keeps them; the 2003 standard folded them, so letters would have reached another person's mailbox."""
    for spell in (contact.email_key, contact.parse_email, contact.to_ascii_address):
        assert spell(f"anna@{one}") != spell(f"anna@{other}")


@given(text=st.text(max_size=60) | st.emails())
def test_every_spelling_of_an_accepted_address_has_its_key(text: str) -> None:
    try:
        address = contact.parse_email(text)
    except contact.InvalidContact:
        return
    ascii_address = contact.to_ascii_address(address)
    assert ascii_address.isascii()
    assert contact.email_key(ascii_address) == contact.email_key(address) == contact.email_key(text)
    assert contact.email_key(contact.email_key(text)) == contact.email_key(text)
