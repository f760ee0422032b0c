"""Reception finds people by what they say: the beginning of a name, a number, a telephone number, a reference."""

import importlib
from datetime import timedelta
from typing import Any

import pytest

from infra import clock, database
from infra.keyset import Key
from models.accounts import patient_record, patient_search
from models.accounts.former_name import FormerName
from models.accounts.patient import Patient
from models.accounts.patient_record import PatientDetails
from models.values.identity_document import DocumentKind
from tests import cast
from tests.support.visits import book_for


async def names(text: str, after: Key | None = None, limit: int = 50) -> list[str]:
    return [f"{p.last_name} {p.first_name}" for p in await patient_search.search(text, after, limit)]


@pytest.fixture
async def people(fresh: None) -> None:
    rita = await cast.rita()
    for n, (first, last) in enumerate(
        [("Łucja", "Żółkiewska"), ("Anna", "Zolkowska"), ("Żaneta", "Łuczak"), ("Jan Maria", "Nowak-Żak")]
    ):
        entry = PatientDetails(
            first_name=first, last_name=last, document=(DocumentKind.PASSPORT, "UA", f"AB10000{n}"), phone=None
        )
        await patient_record.register(entry, by=rita)


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
        ("żak", ["Nowak-Żak Jan Maria"]),
        ("Nowak-Żak, Jan", ["Nowak-Żak Jan Maria"]),
        ("zak, maria", ["Nowak-Żak Jan Maria"]),
        ("maria żak nowak", ["Nowak-Żak Jan Maria"]),
        ("nowak–żak", ["Nowak-Żak Jan Maria"]),
        ("nowak﹣żak", ["Nowak-Żak Jan Maria"]),
        ("nowak żak anna", []),
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
    while page := await patient_search.search("kowal", after, 3):
        seen += [str(p.id) for p in page]
        after = (page[-1].sort_name, page[-1].id)
        await cast.patient_account(f"new{len(seen)}@example.pl", None, "Adam", "Kowalska")
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("last", "wanted"),
    [
        ("Đorđević", "dordevic"),
        ("Sørensen", "sorensen"),
        ("Þórsdóttir", "thorsdottir"),
        ("Æbelø", "aebelo"),
        ("Müßig", "mussig"),
        ("MÜẞIG", "mussig"),
        ("Nguyễn", "nguyen"),
        ("Ələkbərova", "elekberova"),
        ("Işık", "isik"),
        ("İnönü", "inonu"),
        ("Шевченко", "shevchenko"),
        ("ЩЕРБАК", "shcherbak"),
        ("Мар'яненко", "mar'ianenko"),
        ("Παπαδόπουλος", "papadopoylos"),
        ("O'Neill", "oneill"),
        ("O'Neill", "o'neill"),
        ("O'Neill", "O’Neill"),
        ("O'Neill", "neill"),
        ("D'Arcy-Łoś", "los"),
        ("García Márquez", "marquez"),
        ("李", "李"),
    ],
)
async def test_foreign_letters_and_parts_of_names_are_found(last: str, wanted: str) -> None:
    await cast.patient_account("gosc@example.pl", None, "Gość", last)
    assert await names(wanted) == [f"{last} Gość"]
    assert await names(f"{wanted}, gosc") == [f"{last} Gość"]
    assert await names(last) == [f"{last} Gość"]


@pytest.mark.parametrize("text", ["anna@łódź.pl", "ANNA@xn--d-uga0v4h.pl", " anna@ŁÓDŹ.pl "])
async def test_an_address_finds_its_patient_whole_and_however_it_is_typed(text: str) -> None:
    await cast.patient_account("anna@łódź.pl", None, "Anna", "Żółć")
    assert await names(text) == ["Żółć Anna"]
    assert await names("anna@łódź") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2002-01-13", ["Żółć Anna"]),
        ("13.01.2002", ["Żółć Anna"]),
        *((text, ["Żółć Anna"]) for text in ("13.1.2002", "13-01-2002", "13/1/2002", "13. 01. 2002", "2002.01.13")),
        ("2002/01/13 żółć", ["Żółć Anna"]),
        ("13.01-2002", []),
        ("żółć 2002-01-13", ["Żółć Anna"]),
        ("13.01.2002 Anna", ["Żółć Anna"]),
        ("nowak 2002-01-13", []),
        ("1944-05-14", ["Nowak Borys"]),
        ("2002-01-14", []),
        ("2002-13-01", []),
        ("31.02.2002", []),
        ("02-01-13", []),
    ],
)
async def test_a_birth_date_finds_people_alone_and_beside_a_name(text: str, expected: list[str]) -> None:
    await cast.anna()
    await cast.borys()
    assert await names(text) == expected


async def test_a_birth_date_is_stored_nowhere_by_itself_and_old_rows_are_completed() -> None:
    anna = await cast.anna()
    [row] = await database.fetch("SELECT patient::text AS row FROM patient")
    assert "2002-01-13" not in row["row"]
    await Patient.all().update(birth_date_index=None)
    assert await names("2002-01-13") == []
    assert [await Patient.index_birth_dates() for _ in range(2)] == [1, 0]
    assert await names("2002-01-13") == ["Żółć Anna"]
    assert anna.patient_id


async def test_a_former_name_finds_the_patient_beside_the_present_one() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    await patient_record.change(dorota.id, PatientDetails(last_name="Nowak-Żak"), by=rita)
    clock.advance(timedelta(days=1))
    await patient_record.change(dorota.id, PatientDetails(last_name="Król"), by=rita)
    for text in ("król", "dzwoniąca", "dzwoniaca, dorota", "żak", "nowak król"):
        assert await names(text) == ["Król Dorota"]
    assert [name.last_name for name in (await FormerName.find_for([dorota.id]))[dorota.id]] == [
        "Nowak-Żak",
        "Dzwoniąca",
    ]


async def test_a_corrected_capital_or_mark_makes_no_former_name() -> None:
    rita = await cast.rita()
    dorota = await cast.dorota(rita)
    await patient_record.change(dorota.id, PatientDetails(last_name="DZWONIACA"), by=rita)
    assert await FormerName.all().count() == 0
    assert await names("dzwon") == ["DZWONIACA Dorota"]


async def test_words_follow_whoever_writes_the_names(stranger: Any) -> None:
    anna = await cast.anna()
    await stranger.execute("UPDATE patient SET last_name = 'Łącka' WHERE id = $1", anna.patient_id)
    assert await names("lacka") == ["Łącka Anna"]
    assert await names("zolc") == []
    await FormerName.create(patient_id=anna.patient_id, first_name="Anna", last_name="Żółć", until=clock.now())
    assert await names("zolc") == ["Łącka Anna"]
    await FormerName.all().delete()
    assert await names("zolc") == []


def test_every_letter_of_the_table_has_its_replacement() -> None:
    for letters, replacements in importlib.import_module("models.migrations.0015_truth").SINGLE_LETTERS:
        assert len(letters) == len(replacements)
