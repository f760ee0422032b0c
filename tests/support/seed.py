"""A centre in a database of its own: run with URL and PATIENTS, it prints its keys and slots as JSON."""

import asyncio
import json
import sys
from datetime import datetime, time, timedelta
from typing import Any

import settings
from infra import clock, database
from schema.scalars import public_id
from tests import cast

DOCTORS, SLOTS = 5, 20


async def create_centre(patients: int) -> dict[str, Any]:
    """Create signed-in patients, and tomorrow's slots in the centre's time zone, few enough for patients to compete."""
    clinic = await cast.clinic(planned_visits_per_patient=20)
    eight, slots = datetime.combine(clock.today() + timedelta(days=1), time(8), settings.TIME_ZONE), []
    for number in range(DOCTORS):
        doctor = await cast.doctor(clinic, last_name=f"Lekarska{number}")
        slots += await cast.slots(eight, SLOTS, at=clinic, by=doctor)
    accounts = await cast.rivals(patients)
    _, key = await cast.partner(clinic)
    return {
        "tokens": [await cast.signed_in(account) for account in accounts],
        "slots": [str(public_id("Slot", slot.id)) for slot in slots],
        "key": key,
    }


async def main(url: str, patients: int) -> None:
    centre = await database.run_connected(url, lambda: create_centre(patients))
    sys.stdout.write(json.dumps(centre))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
