"""Reception finds people as they name themselves: by a name's beginning, a number, a telephone, a reference."""

import pytest

from models import enrolment, patient_search
from models.document import Kind
from models.enrolment import Entry
from models.keyset import Key
from models.spelling import folded
from tests import cast
from tests.models.desk import book_for
from tests.models.promises import person


async def names(text: str, after: Key | None = None, limit: int = 50) -> list[str]:
    return [f"{p.last_name} {p.first_name}" for p in await patient_search.found(text, after, limit)]


@pytest.fixture
async def people(fresh: None) -> None:
    rita = await cast.rita()
    for n, (first, last) in enumerate(
        [("Łucja", "Żółkiewska"), ("Anna", "Zolkowska"), ("Żaneta", "Łuczak"), ("Jan Maria", "Nowak-Żak")]
    ):
        entry = Entry(first_name=first, last_name=last, document=(Kind.PASSPORT, "UA", f"AB10000{n}"), phone=None)
        await enrolment.register(entry, by=rita)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("żół", ["Żółkiewska Łucja", "Zolkowska Anna"]),
        ("ZOLK", ["Żółkiewska Łucja", "Zolkowska Anna"]),
        ("  zolk  an ", ["Zolkowska Anna"]),
        ("anna zol", ["Zolkowska Anna"]),
        ("luc", ["Łuczak Żaneta", "Żółkiewska Łucja"]),
        ("łucja żółkiewska", ["Żółkiewska Łucja"]),
        ("nowak maria", ["Nowak-Żak Jan Maria"]),
        ("jan maria nowak", ["Nowak-Żak Jan Maria"]),
        ("kiewska", []),
        ("%", []),
        ("zol%", []),
        ("_olk", []),
        ("\\", []),
        ("ab100002", ["Łuczak Żaneta"]),
        ("AB 100-002", ["Łuczak Żaneta"]),
        ("ab10000", []),
    ],
)
async def test_people_are_found(people: None, text: str, expected: list[str]) -> None:
    assert await names(text) == expected


async def test_a_pesel_finds_only_whole_and_right() -> None:
    rita = await cast.rita()
    await cast.dorota(rita)
    assert await names(cast.DOROTA_PESEL) == await names("850312-45604") == ["Dzwoniąca Dorota"]
    assert await names(cast.DOROTA_PESEL[:10]) == await names("85031245605") == []


async def test_a_telephone_finds_everybody_who_shares_it_however_it_is_written() -> None:
    rita = await cast.rita()
    await cast.dorota(rita)
    await cast.anna(phone="+48226210000", sms_reminders=False)
    for text in ("22 621 00 00", "+48 22 621-00-00", "226210000"):
        assert await names(text) == ["Dzwoniąca Dorota", "Żółć Anna"]


async def test_a_visits_reference_finds_its_patient_as_it_is_read_out() -> None:
    rita = await cast.rita()
    visit = await book_for(rita, await cast.dorota(rita), await cast.slot())
    for text in (visit.reference, visit.reference.lower(), visit.reference.replace("-", " ")):
        assert await names(text) == ["Dzwoniąca Dorota"]


async def test_pages_neither_skip_nor_repeat_though_people_are_added() -> None:
    for n in range(7):
        await cast.patient_account(f"k{n}@example.pl", None, f"Ewa{n % 2}", "Kowalska")
    seen: list[str] = []
    after: Key | None = None
    while page := await patient_search.found("kowal", after, 3):
        seen += [str(p.id) for p in page]
        after = (page[-1].sort_name, page[-1].id)
        await cast.patient_account(f"new{len(seen)}@example.pl", None, "Adam", "Kowalska")
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize("name", ["Żółć Łąka", "O’Neill Ång", "Müßig Ñuño", "Šárka Đorđević", "Nguyễn Thị Ánh"])
async def test_the_database_spells_names_as_the_search_does(name: str) -> None:
    first, _, last = name.rpartition(" ")
    anna = await cast.anna()
    person(anna).first_name, person(anna).last_name = first, last
    await person(anna).save()
    assert len(await patient_search.found(folded(name), None, 5)) == 1
