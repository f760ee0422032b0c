"""The audit trail records administrators' changes to clinics, doctors, schedules and colleagues, before and after."""

from datetime import date, timedelta

from infra import clock
from models.accounts import staff
from models.accounts.account import Role
from models.audit import AuditAction, AuditEntry
from models.schedules import clinic_admin, closing, schedule_change
from models.schedules.clinic_admin import ClinicDetails, DoctorDetails
from models.schedules.schedule_change import ScheduleChange
from tests import cast
from tests.support.schedules import TUESDAY, line, publish

DAY = timedelta(days=1)


async def noted(action: AuditAction) -> dict[str, list[str | None]] | None:
    """The changes in the latest entry about this action."""
    entry = await AuditEntry.filter(action=action).order_by("-id").first()
    assert entry
    return entry.changes


async def test_a_new_clinic_is_audited_in_full_and_later_only_its_changes() -> None:
    adam = await cast.adam()
    details = ClinicDetails(name="Kardiologia", address="ul. Długa 1", phone="22 111 11 11", days_ahead=30)
    clinic = await clinic_admin.open_clinic(details, by=adam)
    assert await noted("open_clinic") == {
        "name": [None, "Kardiologia"],
        "address": [None, "ul. Długa 1"],
        "phone": [None, "22 111 11 11"],
        "days_ahead": [None, "30"],
    }
    same_name = ClinicDetails(name="Kardiologia", phone="22 111 11 12", days_ahead=60)
    await clinic_admin.change_clinic(clinic.id, same_name, by=adam)
    assert await noted("change_clinic") == {"phone": ["22 111 11 11", "22 111 11 12"], "days_ahead": ["30", "60"]}


async def test_a_doctor_is_audited_with_the_name_and_the_names_of_the_clinics() -> None:
    adam, heart, skin = await cast.adam(), await cast.clinic("Kardiologia"), await cast.clinic("Skóra")
    details = DoctorDetails("lek.", "Ewa", "Nowak", ["kardiolog"], None, [heart.id])
    doctor = await clinic_admin.add_doctor(details, by=adam)
    assert await noted("add_doctor") == {
        "title": [None, "lek."],
        "first_name": [None, "Ewa"],
        "last_name": [None, "Nowak"],
        "specialties": [None, "kardiolog"],
        "clinics": [None, "Kardiologia"],
    }
    married = DoctorDetails(last_name="Kowal", specialties=["kardiolog", "internista"], clinic_ids=[skin.id, heart.id])
    await clinic_admin.change_doctor(doctor.id, married, by=adam)
    assert await noted("change_doctor") == {
        "last_name": ["Nowak", "Kowal"],
        "specialties": ["kardiolog", "kardiolog, internista"],
        "clinics": ["Kardiologia", "Kardiologia, Skóra"],
    }


async def test_a_closing_is_audited_with_its_day_and_a_reopening_with_the_former_day() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    day = clock.today() + 7 * DAY
    await closing.close(closing.CLINIC, clinic.id, day, by=adam)
    assert await noted("close_clinic") == {"closed_from": [None, day.isoformat()]}
    await closing.reopen(closing.CLINIC, clinic.id, by=adam)
    assert await noted("reopen_clinic") == {"closed_from": [day.isoformat(), None]}


async def test_a_schedule_is_audited_with_its_days_and_its_template_in_one_line() -> None:
    adam, clinic = await cast.adam(), await cast.clinic()
    doctor = await cast.doctor(clinic)
    begin = TUESDAY
    schedule, _ = await publish(adam, doctor, clinic, line(1, 8, 13, 15), line(2, 8, 13, 15), line(6, 9, 11, 20))
    assert await noted("publish_schedule") == {
        "lines": [None, "1,2 08:00-13:00/15; 6 09:00-11:00/20"],
        "valid_from": [None, begin.isoformat()],
        "on_sundays": [None, "false"],
        "on_holidays": [None, "false"],
    }
    await publish(adam, doctor, clinic, line(1, 8, 13, 15), line(2, 8, 13, 15), line(6, 9, 11, 20))
    assert await noted("publish_schedule") is None, "repeated, it changes nothing"
    later = date(2026, 12, 14)
    changed = await schedule_change.make(ScheduleChange(schedule.id, later, [line(3, 8, 10, 15)]), by=adam)
    assert changed.after
    entries = {entry.subject_id: entry.changes for entry in await AuditEntry.filter(action="change_schedule")}
    assert entries.keys() == {schedule.id, changed.after.id}
    assert entries[schedule.id] == {"valid_until": [None, (later - DAY).isoformat()]}
    follower = entries[changed.after.id] or {}
    assert follower["lines"] == [None, "3 08:00-10:00/15"]
    assert follower["valid_from"] == [None, later.isoformat()]


async def test_a_colleague_is_audited_with_role_and_clinics_and_a_masked_address() -> None:
    adam, heart, skin = await cast.adam(), await cast.clinic("Kardiologia"), await cast.clinic("Skóra")
    await cast.administrator()
    roma = await staff.invite("roma@diamed.example", "Roma Nowa", Role.RECEPTIONIST, by=adam, clinic_ids=[heart.id])
    assert await noted("invite_staff") == {
        "email": [None, "r***@diamed.example"],
        "staff_name": [None, "Roma Nowa"],
        "role": [None, "RECEPTIONIST"],
        "clinics": [None, "Kardiologia"],
    }
    await staff.change(roma.id, by=adam, clinic_ids=[skin.id, heart.id])
    assert await noted("change_staff") == {"clinics": ["Kardiologia", "Kardiologia, Skóra"]}
    await staff.change(roma.id, by=adam, clinic_ids=[])
    assert await noted("change_staff") == {"clinics": ["Kardiologia, Skóra", None]}
