"""Reminder (przypomnienie): which visits an SMS reminds of, and whether it is still wanted when its turn comes."""

from datetime import datetime, timedelta

import settings
from models import aftermath, clock, hours, trace
from models.message import Kind, Medium, Message, TooEarly, Unwanted
from models.visit import Visit
from models.visit_status import Status


async def write_due() -> None:
    """Put a reminder of every visit that is due for one into the outbox; run twice, or twice at once: still one."""
    now = clock.now()
    due = {_key(visit): visit for visit in await _near(now) if hours.may_remind(visit.starts_at, now)}
    written = await Message.filter(only_once__in=list(due)).only("id", "only_once")
    for message in written:
        due.pop(message.only_once or "")
    fresh = [_reminder(key, visit) for key, visit in due.items()]
    await Message.bulk_create(fresh, ignore_conflicts=True)


async def _near(now: datetime) -> list[Visit]:
    """Booked visits from now until the end of tomorrow whose patients want reminders."""
    if not hours.may_text(now):
        return []
    after_tomorrow = hours.at(clock.local(now).date() + timedelta(days=2), 0, settings.TIME_ZONE)
    near = Visit.filter(status=Status.BOOKED, starts_at__gte=now + hours.REMINDER_LEAD, starts_at__lt=after_tomorrow)
    wanted = near.filter(patient__sms_reminders=True, patient__phone__isnull=False)
    return await wanted.select_related("clinic", "patient__account").order_by("starts_at")


def _key(visit: Visit) -> str:
    """One reminder a visit and time: a moved visit gets another."""
    return f"reminder:{visit.id}:{visit.starts_at.isoformat()}"


def _reminder(key: str, visit: Visit) -> Message:
    account, now = visit.patient.account, clock.now()
    return Message(
        kind=Kind.VISIT_REMINDER, medium=Medium.SMS, to=visit.patient.phone, account=account, visit_id=visit.id,
        language=account.language.value if account else "PL", details={"visit": aftermath.snapshot(visit)},
        only_once=key, request_id=trace.current(), created_at=now, due_at=now,
    )  # fmt: skip


async def telephone(message: Message) -> str:
    """Where the reminder goes now; Unwanted or TooEarly when things have changed since it was written."""
    visit = await Visit.get_or_none(id=message.visit_id).select_related("patient")
    if visit is None or visit.status != Status.BOOKED:
        raise Unwanted("the visit is no longer booked")
    if visit.starts_at.isoformat() != message.details["visit"]["starts_at"]:
        raise Unwanted("the visit was moved")
    if not (visit.patient.sms_reminders and visit.patient.phone):
        raise Unwanted("the patient wants no reminders any more")
    now = clock.now()
    when = hours.next_reminding(visit.starts_at, now)
    if when is None:
        raise Unwanted("it is too late for a reminder")
    if when > now:
        raise TooEarly(when)
    return visit.patient.phone
