"""The calendar: every slot of a day can be reached, slots taken by others disappear, days follow the clinic's time."""

import asyncio
import re
from datetime import UTC, datetime, time

from infra import clock
from models.visits.visit import Visit
from models.waiting.waiting_list import WaitingListEntry
from tests import cast
from tests.portal.stage import DAY, clinic_with_slots, next_changes_of_clocks, public, slots_on, visit_of
from tests.portal.window import DESKTOP, Opener
from tests.support.browser import expect
from tests.support.visits import cancel
from tests.support.waiting import eventually

LEFT = re.compile(r"[1-4]:\d\d")


async def test_all_slots_of_a_day_can_be_reached_however_many(opened: Opener) -> None:
    clinic, other = await cast.clinic(), clock.today() + 3 * DAY
    for number in range(2):
        doctor = await cast.doctor(clinic, last_name=f"Lekarska{'ab'[number]}")
        await slots_on(other, time(8), 68, clinic=clinic, doctor=doctor)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}?dzien={other}")
    await expect(window.page.locator(".time")).to_have_count(136)
    await window.sees("Rano", "W południe")


async def test_the_day_shows_slots_by_part_of_the_day_and_the_doctor_once(opened: Opener) -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    day = clock.today() + 3 * DAY
    for hour in (8, 12, 15):
        await slots_on(day, time(hour), 3, clinic=clinic, doctor=doctor)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}")
    headings = await window.page.locator(".part h3").all_inner_texts()
    assert [text.split()[0] for text in headings] == ["Rano", "W", "Po"]
    assert await window.page.locator(".times").count() == 3


async def test_what_somebody_else_takes_goes_and_what_comes_free_appears(opened: Opener) -> None:
    borys = await cast.borys()
    clinic, slots = await clinic_with_slots(4)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}")
    visit = await visit_of(borys, slots[1])
    await expect(window.page.locator(".time")).to_have_text(["08:00", "08:40", "09:00"])
    announced = window.page.locator(".notices > [aria-live=polite]")
    for words in ("Termin o 08:20 został właśnie zajęty.", "The appointment at 08:20 has just been taken."):
        await expect(announced).to_have_text(words)
        await window.switch_language()
    await cancel(borys, visit)
    await expect(window.page.locator(".time")).to_have_text(["08:00", "08:20", "08:40", "09:00"])


async def test_two_at_one_slot_one_wins_and_the_other_keeps_the_choice(opened: Opener) -> None:
    anna, borys = await cast.anna(), await cast.borys()
    clinic, slots = await clinic_with_slots(4)
    windows = [await opened(by=anna), await opened(by=borys, size=DESKTOP)]
    address = f"/rezerwacja/{public(clinic)}?lekarz={public(await slots[0].doctor)}"
    for window in windows:
        await window.go(address)
    await asyncio.gather(*(window.press(re.compile("^08:00")) for window in windows))
    titles = [window.page.locator("h1") for window in windows]

    async def winner() -> list[int]:
        texts = [" ".join((await title.inner_text()).split()) for title in titles]  # split at no-break spaces, too
        return [number for number, text in enumerate(texts) if text == "Sprawdź i potwierdź"]

    [first] = await eventually(winner)
    loser = windows[1 - first]
    await loser.sees("Ten termin został właśnie zajęty", "Oto najbliższe wolne terminy")
    assert loser.page.url.endswith(address)
    await expect(loser.page.locator(".summary")).to_be_focused()
    await loser.page.locator(".alternatives button").first.click()
    await loser.titled("Sprawdź i potwierdź")
    for window in windows:
        await window.send()
        await window.titled("Wizyta umówiona")
    assert await Visit.all().count() == 2


async def test_the_month_is_walked_by_keys(opened: Opener) -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    first = (clock.today().replace(day=1) + 45 * DAY).replace(day=10)
    for days in (0, 1, 7):
        await cast.morning(first + days * DAY, 1, at=clinic, by=doctor)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}?dzien={first}")
    focused = window.page.locator("button.day:focus")
    await window.page.locator(f"[data-day='{first}']").focus()
    for key, days in (("ArrowRight", 1), ("ArrowDown", 8), ("ArrowLeft", 7), ("ArrowUp", 0)):
        await window.page.keyboard.press(key)
        await expect(focused).to_have_attribute("data-day", str(first + days * DAY))
    await window.page.keyboard.press("ArrowDown")
    await expect(focused).to_have_attribute("data-day", str(first + 7 * DAY))
    await window.page.keyboard.press("Enter")
    await window.at(rf".*dzien={first + 7 * DAY}.*")
    await window.page.keyboard.press("PageDown")
    await expect(focused).to_have_attribute("data-day", re.compile("-1[0-9]$"))
    selected = window.page.locator("td[aria-selected=true]")
    await window.page.keyboard.press("PageUp")
    await expect(selected).to_have_count(1)
    assert await window.page.locator("button.day[tabindex='0']").count() == 1


FRAMES = 30
DRAWN_AGAIN = """async (frames) => {
    const next = window.requestAnimationFrame;
    let count = 0;
    window.requestAnimationFrame = (draw) => (count++, next(draw));
    for (let frame = 0; frame < frames; frame++) await new Promise(next);
    window.requestAnimationFrame = next;
    return count;
}"""


async def test_a_calendar_at_which_nothing_happens_does_nothing(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots(1)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}")
    await expect(window.page.locator(".time")).to_have_count(1)
    assert await window.page.evaluate(DRAWN_AGAIN, FRAMES) < FRAMES / 2


async def test_today_is_marked_and_past_months_are_out_of_reach(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots(1)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}?miesiac={clock.today():%Y-%m}")
    await expect(window.page.locator("[aria-current=date]")).to_have_attribute("data-day", str(clock.today()))
    await expect(window.page.get_by_role("button", name="Poprzedni miesiąc")).to_have_attribute("aria-disabled", "true")


async def test_weekdays_and_the_time_of_day_narrow_the_calendar(opened: Opener) -> None:
    clinic = await cast.clinic()
    doctor = await cast.doctor(clinic)
    begin = clock.today() + 7 * DAY
    days = [begin + number * DAY for number in range(7)]
    for day in days:
        await slots_on(day, time(8), 1, clinic=clinic, doctor=doctor)
    monday = next(day for day in days if day.weekday() == 0)
    await slots_on(monday, time(16), 1, clinic=clinic, doctor=doctor)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.page.click("summary:has-text('Dni i godziny')")
    await window.page.get_by_label("poniedziałek", exact=True).check()
    await window.settle()
    await expect(window.page.locator(f"td[aria-selected=true] [data-day='{monday}']")).to_have_count(1)
    await window.page.get_by_role("radio", name=re.compile("Po południu")).check()
    await expect(window.page.locator(".time")).to_have_text(["16:00"])
    await window.page.get_by_role("radio", name="Inne godziny").check()
    await expect(window.page.locator(".time")).to_have_text(["08:00", "16:00"])
    await window.page.get_by_label("Od godziny").select_option("09:00")
    await expect(window.page.locator(".time")).to_have_text(["16:00"])
    await window.page.reload()
    await expect(window.page.locator(".time")).to_have_text(["16:00"])
    await window.page.get_by_label("Do godziny").select_option("16:00")
    await window.sees("nic wolnego nie pasuje do wybranych dni i godzin")


async def test_a_doctor_can_be_chosen_and_stays_chosen_in_the_address(opened: Opener) -> None:
    clinic = await cast.clinic()
    day = clock.today() + 3 * DAY
    for name, hour in (("Nowak", 8), ("Lis", 10)):
        doctor = await cast.doctor(clinic, last_name=name)
        await slots_on(day, time(hour), 1, clinic=clinic, doctor=doctor)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}")
    await expect(window.page.locator(".time")).to_have_text(["08:00", "10:00"])
    await window.page.click("summary:has-text('Lekarz: Dowolny')")
    await window.page.get_by_role("radio", name=re.compile("Lis")).check()
    await expect(window.page.locator(".time")).to_have_text(["10:00"])
    await window.page.reload()
    await expect(window.page.locator(".time")).to_have_text(["10:00"])
    await window.switch_language()
    await expect(window.page.locator("summary").first).to_have_text(re.compile("Doctor: .*Lis"))


async def test_nothing_free_leads_to_the_waiting_list_beside_the_calendar(opened: Opener) -> None:
    clinic = await cast.clinic()
    await cast.doctor(clinic)
    window = await opened(by=await cast.anna())
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.sees("Nie ma teraz wolnych terminów")
    await window.fill(earliest="12:00", latest="07:00")
    await window.press("Zapisz na listę")
    await expect(window.page.locator(".summary")).to_be_focused()
    await window.page.click("summary:has-text('Dni i godziny')")
    await window.page.locator(".filters").get_by_label("wtorek").check()
    await window.page.get_by_role("radio", name=re.compile("Po południu")).check()
    form = window.page.locator(".waiting-form")  # the waiting-list form takes over the calendar's filters
    await expect(form.get_by_label("wtorek")).to_be_checked()
    await expect(window.page.locator("[name=earliest]")).to_have_value("15:00")
    await expect(window.page.locator("[name=latest]")).to_have_value("")
    await form.get_by_label("czwartek").check()
    await window.fill(earliest="07:00", latest="12:00")
    await window.press("Zapisz na listę")
    await window.titled("Wizyty")
    await window.sees("Zapisano na listę", "wtorek, czwartek", "07:00–12:00", clinic.name)
    assert (await WaitingListEntry.get()).weekdays == [2, 4]
    await window.press("Już nie czekam")
    await window.sees("Skreślono z listy")


async def test_who_taps_a_date_on_a_phone_sees_its_slots(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots(6, days=8)
    window = await opened()
    await window.go(f"/rezerwacja/{public(clinic)}")
    await expect(window.page.locator(".time").first).not_to_be_in_viewport()
    await window.page.locator(".day.free").click()
    await expect(window.page.locator(".time").first).to_be_in_viewport()


async def test_days_and_hours_are_the_clinics_wherever_the_device_is_and_when_clocks_change(opened: Opener) -> None:
    clinic = await cast.clinic(days_ahead=365)
    doctor, expected = await cast.doctor(clinic), {}
    for night in next_changes_of_clocks()[:2]:
        hours = {night - DAY: [time(23, 30)], night: [time(0, 15), time(23, 30)], night + DAY: [time(0, 15)]}
        for day, times in hours.items():
            for at in times:
                await slots_on(day, at, 1, clinic=clinic, doctor=doctor)
            expected[day] = [f"{at:%H:%M}" for at in times]
    assert {day.month for day in expected} >= {3, 10}
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        window = await opened(timezone_id=zone)
        for day, shown in expected.items():
            await window.go(f"/rezerwacja/{public(clinic)}?dzien={day}")
            await expect(window.page.locator(".time")).to_have_text(shown)


async def test_a_device_whose_clock_is_wrong_is_told_the_right_day(opened: Opener) -> None:
    clinic, _ = await clinic_with_slots(1, days=1)
    wrong = datetime.now(UTC).replace(hour=22, minute=30) - 3 * DAY
    window = await opened()
    await window.page.clock.install(time=wrong)
    await window.go(f"/rezerwacja/{public(clinic)}")
    await window.sees("(jutro)")
