"""The demo centre works like a real one: its schedules keep being filled, and its people can sign in."""

from datetime import timedelta

from infra import clock
from models.accounts.account import Account, Role
from models.admin import demo_data
from models.schedules.schedule import Schedule
from models.slots import availability
from models.slots.availability import SlotFilter
from models.slots.clinic import Clinic
from models.slots.slot import Slot


async def test_people_sign_in_as_the_first_screen_says_and_after_weeks_every_clinic_still_has_slots() -> None:
    await demo_data.fill_if_empty()
    logins = {account.email: account.role for account in await Account.all()}
    assert logins == {
        **dict.fromkeys(demo_data.LOGINS, Role.PATIENT),
        "recepcja@example.pl": Role.RECEPTIONIST,
        "administracja@example.pl": Role.ADMINISTRATOR,
    }
    for email in logins:
        session, _token = await Account.log_in(str(email), demo_data.PASSWORD, address="127.0.0.1")
        assert session.account.email == email
    before = await Slot.all().count()
    clock.advance(timedelta(days=100))
    await demo_data.fill_if_empty()
    assert await Slot.all().count() == before
    for clinic in await Clinic.all():
        assert await availability.find_free_slots(SlotFilter(clinic.id), None, None, 1) == []
    assert await Schedule.fill_horizon() > before * 0.9
    for clinic in await Clinic.all():
        [soon] = await availability.find_free_slots(SlotFilter(clinic.id), None, None, 1)
        assert soon.starts_at < clock.now() + timedelta(days=7)
