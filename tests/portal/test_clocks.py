"""Days and hours on every screen are the clinic's, wherever the device is, whatever its clock says, whatever the night.

The calendar has tests of its own: test_calendar.
"""

from datetime import UTC, date, datetime, time

from infra import clock
from tests import cast
from tests.portal.stage import DAY, link_of, next_changes_of_clocks, public, slots_on, visit_of
from tests.portal.window import PHONE, Opener
from tests.support.browser import expect

WEEKDAYS = ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela")
MONTHS = {3: "marca", 10: "października"}
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


def spoken(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month]}"


async def test_visits_on_the_nights_when_clocks_change_have_the_clinics_days_and_hours(opened: Opener) -> None:
    anna = await cast.anna()
    clinic = await cast.clinic(days_ahead=366, planned_visits_per_patient=9)
    doctor, said = await cast.doctor(clinic), dict[str, tuple[str, str]]()
    listed: list[tuple[str, str]] = []
    for night in next_changes_of_clocks()[:2]:
        for day, at in ((night - DAY, time(23, 30)), (night, time(0, 15)), (night, time(23, 30))):
            [slot] = await slots_on(day, at, 1, clinic=clinic, doctor=doctor)
            visit = await visit_of(anna, slot)
            listed.append((spoken(day), f"{at:%H:%M}"))
            said |= dict.fromkeys((f"/wizyty/{public(visit)}", link_of(visit)), listed[-1])
        [free] = await slots_on(night, time(1, 30), 1, clinic=clinic, doctor=doctor)
        said[f"/termin/{public(free)}"] = (spoken(night), "01:30")
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        window = await opened(by=anna, timezone_id=zone)
        main = window.page.locator("main")
        await window.go("/wizyty")
        cards = main.locator("article.visit")
        await expect(cards).to_have_count(len(listed))
        for number, texts in enumerate(listed):
            for text in texts:
                await expect(cards.nth(number)).to_contain_text(text)
        for path, texts in said.items():
            await window.page.goto("about:blank")  # else another link would not be opened anew
            await window.go(path)
            for text in texts:
                await expect(main).to_contain_text(text)


async def test_a_device_whose_clock_is_wrong_late_in_the_evening_is_told_the_right_distance(opened: Opener) -> None:
    anna, clinic = await cast.anna(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    [slot, _] = await cast.morning(clock.today() + DAY, 2, at=clinic, by=doctor)
    visit = await visit_of(anna, slot)
    for zone, hour in (("Pacific/Auckland", 11), ("America/Los_Angeles", 7)):  # there it is about half past eleven
        window = await opened(by=anna, timezone_id=zone)
        wrong = datetime.now(UTC).replace(hour=hour, minute=30) - 3 * DAY
        await window.page.clock.install(time=wrong)
        for path in ("/", "/wizyty", f"/wizyty/{public(visit)}", "/rezerwacja"):
            await window.go(path)
            await expect(window.page.locator("main")).to_contain_text("jutro")


async def test_dates_of_next_year_and_distances_in_weeks_fit_on_a_narrow_phone(opened: Opener) -> None:
    anna, clinic = await cast.anna(), await cast.clinic(days_ahead=366, planned_visits_per_patient=9)
    doctor = await cast.doctor(clinic)
    in_weeks, next_year = clock.today() + 91 * DAY, clock.today() + 366 * DAY
    [near] = await cast.morning(in_weeks, 1, at=clinic, by=doctor)
    far, free, _ = await cast.morning(next_year, 3, at=clinic, by=doctor)
    visit, later = await visit_of(anna, near), await visit_of(anna, far)
    await cast.morning(in_weeks + DAY, 1, at=clinic, by=doctor)
    window = await opened(by=anna)
    year = str(next_year.year)
    for path, *shown in (
        ("/rezerwacja", "za 13 tygodni"),
        (f"/rezerwacja/{public(clinic)}?dzien={in_weeks + DAY}", "(za 13 tygodni)"),
        (f"/rezerwacja/{public(clinic)}?dzien={next_year}", year, "(za 52 tygodnie)"),
        ("/wizyty", "za 13 tygodni", year),
        (f"/wizyty/{public(visit)}", "za 13 tygodni"),
        (f"/wizyty/{public(later)}", year),
        (f"/termin/{public(free)}", year),
        (f"/wizyty/{public(visit)}/przeloz?dzien={next_year}", year),
    ):
        await window.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dictionary will do
        await window.go(path)
        for text in shown:
            await expect(window.page.locator("main")).to_contain_text(text)
        for width in (360, 320):
            await window.page.set_viewport_size({"width": width, "height": 740})
            assert not await window.page.evaluate(TOO_WIDE), (path, width)
