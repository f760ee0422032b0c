"""An administrator's day: duplicates are noticed, a doctor leaves and returns, a colleague's rights change."""

from datetime import timedelta

from models.accounts.account import Account, Role
from models.slots.clinic import Clinic
from models.slots.doctor import Doctor
from models.slots.slot import Slot
from tests import cast
from tests.explorer.conftest import Hire
from tests.explorer.desk import Desk
from tests.explorer.scene import Scene, busy_day
from tests.support.browser import expect, one_time_password
from tests.support.invariants import check_invariants
from tests.support.service import Service

FIRST_OWN, NEXT_OWN = "recepcja zna wszystkich pacjentów", "w piątek kwitną kasztany"


async def test_an_administrators_day(hired: Hire, desk_service: Service) -> None:
    scene = await busy_day(visits=12)
    await cast.adam()
    adam = await hired(login="adam@diamed.example")
    await another_clinic_of_the_same_name_is_confirmed(adam)
    await another_doctor_of_the_same_name_is_confirmed(scene, adam)
    await a_slot_is_found_by_its_doctor(adam)
    await a_doctor_leaves_after_a_preview(scene, adam)
    await whose_visits_remain_are_called(scene, adam)
    await the_doctor_comes_back(scene, adam)
    await a_colleague_is_invited_twice(adam)
    secret = await one_time_password(desk_service.url, "ewa@diamed.example", letters=2)
    ewa = await hired(login="ewa@diamed.example", password=secret, own=FIRST_OWN)
    await a_limited_colleague_sees_only_her_clinic(scene, ewa)
    await what_is_of_another_clinic_is_refused_in_plain_words(scene, ewa)
    await a_password_is_changed(ewa)
    await the_limit_is_ended(scene, adam, ewa)
    await she_becomes_an_administrator_and_sees_what_these_see(adam, ewa)
    await what_was_done_to_a_colleague_is_in_the_audit_trail(adam)
    await check_invariants()


async def carry_out(desk: Desk) -> None:
    await desk.click(desk.page.locator(".generated").get_by_role("button", name="Wykonaj"))


async def another_clinic_of_the_same_name_is_confirmed(adam: Desk) -> None:
    form = await adam.open_form("Nowa poradnia")
    await form.get_by_label("Nazwa").fill("Okulistyka")
    await form.get_by_label("Adres").fill("ul. Długa 1, 00-238 Warszawa")
    await form.get_by_label("Telefon").fill("22 111 11 11")
    await carry_out(adam)
    trouble = adam.page.locator(".answer .trouble")
    await expect(trouble).to_contain_text("Jest już poradnia o tej nazwie")
    await expect(trouble).not_to_contain_text("isAnother")
    await form.get_by_label("To inna poradnia").check()
    await carry_out(adam)
    await expect(adam.page.locator(".answer .done")).to_contain_text("Poradnia")
    assert await Clinic.filter(name="Okulistyka").count() == 2


async def another_doctor_of_the_same_name_is_confirmed(scene: Scene, adam: Desk) -> None:
    namesake = scene.doctors[1]
    form = await adam.open_form("Nowy lekarz")
    await form.get_by_label("Imię").fill(namesake.first_name)
    await form.get_by_label("Nazwisko").fill(namesake.last_name)
    await adam.choose(form, "poradnia 1", "interna")
    await carry_out(adam)
    await expect(adam.page.locator(".answer .trouble")).to_contain_text(namesake.full_name)
    await form.get_by_label("To inna osoba").check()
    await carry_out(adam)
    await expect(adam.page.locator(".answer .done")).to_contain_text("Lekarz")
    assert await Doctor.filter(last_name=namesake.last_name).count() == 2


async def a_slot_is_found_by_its_doctor(adam: Desk) -> None:
    """It does not matter which clinic was chosen before."""
    form = await adam.open_form("Wycofanie terminów")
    await adam.click(form.get_by_role("combobox", name="termin 1"))
    await adam.type("zielinska")
    await expect(form.get_by_role("option").first).to_contain_text("Maria Zielińska")


async def free_slots_of(doctor: Doctor) -> int:
    return await Slot.filter(doctor_id=doctor.id, visit_id=None, withdrawn_at=None).count()


async def a_doctor_leaves_after_a_preview(scene: Scene, adam: Desk) -> None:
    doctor = scene.doctors[2]
    free = await free_slots_of(doctor)
    form = await adam.open_form("Podgląd odejścia lekarza")
    await adam.choose(form, "Lekarz", "zielinska")
    await form.get_by_label("Od").fill(scene.day.isoformat())
    await carry_out(adam)
    answer = adam.page.locator(".answer")
    await expect(answer.locator("tbody tr")).to_have_count(2)
    await expect(answer).to_contain_text(scene.person(2))
    await adam.picture("leaving")
    assert await free_slots_of(doctor) == free, "a preview writes nothing"
    await adam.click(form.get_by_role("button", name="Dalej: Odejście lekarza"))
    await carry_out(adam)
    await expect(answer.locator(".done")).to_contain_text("Zapisano odejście lekarza")
    assert await free_slots_of(doctor) == 0


async def whose_visits_remain_are_called(scene: Scene, adam: Desk) -> None:
    await adam.open("Do kogo zadzwonić")
    await adam.page.get_by_label("Wizyty dnia").fill(scene.day.isoformat())
    rows = adam.page.get_by_role("list", name="Do kogo zadzwonić").get_by_role("button")
    await expect(rows.filter(has_text="lekarz już nie przyjmuje")).to_have_count(2)


async def the_doctor_comes_back(scene: Scene, adam: Desk) -> None:
    form = await adam.open_form("Podgląd powrotu lekarza")
    await expect(form.locator(".known")).to_contain_text("Zielińska")
    await carry_out(adam)
    await expect(adam.page.locator(".answer")).to_contain_text("16")
    await adam.click(form.get_by_role("button", name="Dalej: Powrót lekarza"))
    await carry_out(adam)
    await expect(adam.page.locator(".answer .done")).to_contain_text("Lekarz znów przyjmuje")
    assert await free_slots_of(scene.doctors[2]) == 16


async def a_colleague_is_invited_twice(adam: Desk) -> None:
    """The colleague has lost the first letter, so a second one is sent."""
    form = await adam.open_form("Nowa osoba w zespole")
    await form.get_by_label("Adres e-mail").fill("ewa@diamed.example")
    await form.get_by_label("Imię i nazwisko").fill("Ewa Nowa")
    await adam.click(form.get_by_role("button", name="+ poradnia"))
    await adam.choose(form, "poradnia 1", "kardiologia")
    await carry_out(adam)
    answer = adam.page.locator(".answer")
    await expect(answer).to_contain_text("Kardiologia")
    await one_time_password(adam.url, "ewa@diamed.example")  # an unsent letter would be replaced by the next
    await adam.click(answer.get_by_role("button", name="użyj dalej"))
    form = await adam.open_form("Ponowne zaproszenie")
    await expect(form.locator(".known")).to_contain_text("Ewa Nowa")
    await carry_out(adam)
    await expect(answer.locator(".done")).to_contain_text("Osoba z zespołu")


async def a_limited_colleague_sees_only_her_clinic(scene: Scene, ewa: Desk) -> None:
    await ewa.go_to(scene.day)
    await expect(ewa.page.locator(".column")).to_have_count(2)
    for column in await ewa.page.locator(".column header").all_inner_texts():
        assert "Kardiologia" in column
    await ewa.click(ewa.page.locator(".menu summary"))
    await expect(ewa.page.locator(".menu label")).to_have_text(["Wszystkie poradnie", "Kardiologia"])
    await ewa.click(ewa.page.locator(".menu summary"))
    early = await cast.slot(
        scene.slots[0].starts_at - timedelta(hours=1), at=scene.clinics["Okulistyka"], by=scene.doctors[2]
    )
    await ewa.page.get_by_label("Lekarz lub specjalizacja").fill("a")
    await ewa.press("Enter")
    await expect(ewa.page.locator(".next")).to_contain_text("Kardiologia")
    await expect(ewa.page.locator(".next")).not_to_contain_text("Okulistyka")
    await early.delete()
    form = await ewa.open_form("Wizyty dnia")
    await form.get_by_label("Dzień").fill(scene.day.isoformat())
    await ewa.click(form.get_by_role("button", name="Pokaż"))
    await expect(ewa.page.locator(".answer tbody tr")).to_have_count(4)
    await expect(ewa.page.locator(".answer tbody tr").first).to_contain_text("umówiona")


async def what_is_of_another_clinic_is_refused_in_plain_words(scene: Scene, ewa: Desk) -> None:
    form = await ewa.open_form("Dodatkowy termin")
    await ewa.choose(form, "Lekarz", "zielinska")
    await ewa.choose(form, "Poradnia", "interna")
    await carry_out(ewa)
    await expect(ewa.page.locator(".forms .trouble")).to_contain_text("zakres ustala administrator")
    await ewa.press("Control+k")
    await ewa.type(scene.person(2))
    await expect(ewa.page.locator("#found [role=option]")).to_have_count(1)
    await ewa.press("Enter")
    await expect(ewa.page.locator(".card-head")).to_contain_text(scene.person(2))
    await expect(ewa.page.locator(".card-sections .rows li")).to_have_count(0)  # visits at other clinics are hidden


async def a_password_is_changed(ewa: Desk) -> None:
    form = await ewa.open_form("Zmiana hasła")
    await form.get_by_label("Obecne hasło").fill(FIRST_OWN)
    await form.get_by_label("Nowe hasło").fill("za krótkie")
    await carry_out(ewa)
    await expect(ewa.page.locator(".answer .trouble")).to_contain_text("15")
    await form.get_by_label("Nowe hasło").fill(NEXT_OWN)
    await carry_out(ewa)
    await expect(ewa.page.locator(".answer .done")).to_contain_text("Zmieniono hasło")


async def the_limit_is_ended(scene: Scene, adam: Desk, ewa: Desk) -> None:
    form = await adam.open_form("Zmiana w zespole")
    await expect(form.locator(".known").first).to_contain_text("Ewa Nowa")
    await form.get_by_label("zdejmij ograniczenie").check()
    await carry_out(adam)
    await expect(adam.page.locator(".answer .done")).to_contain_text("Osoba z zespołu")
    await form.get_by_label("zdejmij ograniczenie").uncheck()
    await ewa.open("Terminarz")
    await ewa.go_to(scene.day + timedelta(days=1))
    await ewa.go_to(scene.day)
    await expect(ewa.page.locator(".column")).to_have_count(6)


async def she_becomes_an_administrator_and_sees_what_these_see(adam: Desk, ewa: Desk) -> None:
    form = await adam.open_form("Zmiana w zespole")
    await form.get_by_label("Rola").select_option(label="administracja")
    await carry_out(adam)
    await expect(adam.page.locator(".answer")).to_contain_text("administracja")
    assert (await Account.get(email="ewa@diamed.example")).role == Role.ADMINISTRATOR
    await ewa.press("Alt+ArrowRight")  # any action reveals the end of her session, unless her screen is hidden already
    await expect(ewa.page.get_by_role("heading", name="Sesja się skończyła")).to_be_visible()
    await ewa.page.get_by_label("Hasło").fill(NEXT_OWN)
    await ewa.click(ewa.page.get_by_role("button", name="Zaloguj"))
    await ewa.open_form("Zespół")
    await expect(ewa.page.locator(".answer tbody tr")).to_have_count(3)


async def what_was_done_to_a_colleague_is_in_the_audit_trail(adam: Desk) -> None:
    form = await adam.open_form("Dziennik")
    await adam.choose(form, "Kogo lub czego dotyczy", "ewa nowa")
    await adam.click(form.get_by_role("button", name="Pokaż"))
    await expect(adam.page.locator(".answer tbody tr").first).to_contain_text("zrobione")
    assert await adam.accessibility_faults() == []
