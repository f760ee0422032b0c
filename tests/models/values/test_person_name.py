"""Names as people spell them: letters and marks of any script, apostrophes and hyphens from any keyboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.values import person_name


@pytest.mark.parametrize(
    "name",
    [
        *("Żółć", "Nguyễn", "Đorđević", "Þórsdóttir", "Ærø", "Ñuño", "Çelik", "Əliyev", "Sørensen", "Łukasz"),
        *(
            "Олександр",
            "Ελένη",
            "მარიამ",
            "Արամ",
            "דָּוִד",
            "مُحَمَّد",
            "علی\u200cرضا",
            "प्रिया",
            "தமிழ்",
            "មករា",
            "李",
            "ひろし",
            "김",
        ),
        *("'t Hooft", "D'Arcy", "Nowak-Żak", "Jan Maria", "St. John", "Gal·la", "Kaʻahumanu", "M.", "von der Leyen"),
        *("ジャン・ポール", "བསྟན་འཛིན"),
        "N\u0327o\u0323",
    ],
)
def test_names_of_every_script_are_kept_as_they_are(name: str) -> None:
    assert person_name.parse(name) == name


@pytest.mark.parametrize("apostrophe", ["'", "’", "‘", "‛", "ʼ", "ʽ", "`", "´", "ʹ", "′", "＇", "՚"])
def test_apostrophes_of_every_keyboard_are_one(apostrophe: str) -> None:
    assert person_name.parse(f"O{apostrophe}Brien") == "O'Brien"


@pytest.mark.parametrize("hyphen", ["-", "‐", "‑", "‒", "–", "—", "−", "－", "﹘", "﹣", "־", "゠", "⁃"])
def test_hyphens_of_every_keyboard_are_one(hyphen: str) -> None:
    assert person_name.parse(f"Nowak{hyphen}Żak") == "Nowak-Żak"


@pytest.mark.parametrize("space", [" ", "  ", "\u00a0", "\u2009", "\u3000", " \u00a0 "])
def test_all_kinds_of_spaces_become_one_plain_space(space: str) -> None:
    assert person_name.parse(f"Jan{space}Maria") == "Jan Maria"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", "'", "''a", "-Anna", ".", "1", "Anna1", "A_B", "Anna, Maria", "Anna\nMaria", "Anna\tM", "😀"),
        *("<b>Anna</b>", "An\u202ena", "Anna\u200b", "\u0301a", "\u200canna", "Anna;", "anna@example.pl", "Anna/Maria"),
    ],
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(person_name.InvalidName):
        person_name.parse(text)


@given(text=st.text(max_size=40))
def test_parsing_a_name_again_changes_nothing(text: str) -> None:
    try:
        name = person_name.parse(text)
    except person_name.InvalidName:
        return
    assert person_name.parse(name) == name
