"""Reminder (przypomnienie): which visits get a reminder by SMS, and when."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import settings
from infra import clock, logs
from models.outbox import Medium, Message, MessageKind, MessageState
from models.values import hours
from models.values.visit_status import Status
from models.visits import side_effects
from models.visits.visit import Visit


async def write_due_reminders() -> None:
    """Write a reminder for every visit for which one is due; repeated or concurrent runs write it once."""
    now = clock.now()
    due = [visit for visit in await _find_near(now) if hours.is_reminder_time(visit.starts_at, now)]
    reminded = await _find_reminded([visit.id for visit in due])
    fresh = [_reminder(visit) for visit in due if reminded.get(visit.id) != visit.starts_at.isoformat()]
    await Message.bulk_create(fresh, ignore_conflicts=True)


async def _find_reminded(visit_ids: Collection[UUID]) -> dict[UUID | None, str]:
    """For each visit, the time in its last reminder, sent or pending; failed ones do not count: nobody saw them."""
    written = Message.filter(kind=MessageKind.VISIT_REMINDER, visit_id__in=list(visit_ids))
    reminders = await written.exclude(state__in=[MessageState.DROPPED, MessageState.FAILED]).order_by(
        "created_at", "id"
    )
    return {message.visit_id: message.details["visit"]["starts_at"] for message in reminders}


async def _find_near(now: datetime) -> list[Visit]:
    """Booked visits from now until the end of tomorrow that can take place and whose patients want reminders."""
    if not hours.is_texting_time(now):
        return []
    after_tomorrow = hours.to_utc(clock.local(now).date() + timedelta(days=2), 0, settings.TIME_ZONE)
    near = Visit.filter(status=Status.BOOKED, starts_at__gte=now + hours.REMINDER_LEAD, starts_at__lt=after_tomorrow)
    wanted = near.filter(
        slot__absence_id=None, slot__place_closed_at=None, patient__sms_reminders=True, patient__phone__isnull=False
    )
    return await wanted.select_related("clinic", "patient__account").order_by("starts_at")


def _reminder(visit: Visit) -> Message:
    """A reminder, written once per `sequence`: after a move, even back to an old time, another one may be needed."""
    account, now = visit.patient.account, clock.now()
    return Message(
        kind=MessageKind.VISIT_REMINDER,
        medium=Medium.SMS,
        to=visit.patient.phone,
        account=account,
        visit_id=visit.id,
        language=account.language.value if account else "PL",
        details={"visit": side_effects.snapshot(visit)},
        only_once=f"reminder:{visit.id}:{visit.sequence}",
        request_id=logs.current_request_id(),
        created_at=now,
        due_at=now,
    )
