"""The welcome screen: the addresses of the service, and whether booking is open."""

import settings
from infra import clock, hosts
from models.admin import demo_data
from models.values import hours
from web.pages import mailbox

OPEN_TO_OTHERS = (
    "everybody who can reach this machine can read this development server's mailbox and use its known passwords.\n"
    "  Without HOST only this machine can; for patients, see docs/operations.md: ENVIRONMENT=production."
)


def welcome() -> str:
    url = f"http://{settings.HOST}:{settings.PORT}"
    lines = [
        "",
        "e-Rejestracja",
        "",
        f"  Patients  {url}/",
        f"  GraphQL   {url}/graphql (in a browser: the desk's explorer, for staff)",
        f"  Health    {url}/health/ready",
    ]
    if mailbox.is_shown():
        lines.append(f"  Mailbox   {url}/mailbox")
    if settings.DEMO and not settings.IN_PRODUCTION:
        lines += ["", "  Demo logins (login / password):"]
        lines += [f"    {email} / {demo_data.PASSWORD}" for email in (*demo_data.LOGINS, *demo_data.STAFF_LOGINS)]
    if not settings.IN_PRODUCTION and not hosts.is_loopback(settings.HOST):
        lines += ["", f"  Warning: {OPEN_TO_OTHERS}"]
    return "\n".join([*lines, "", f"  {_opening()}", "", ""])


def _opening() -> str:
    now = clock.now()
    if hours.is_always_open():
        return "Booking is open round the clock."
    if hours.is_open(now):
        return f"Booking is open until {clock.local(hours.next_closing(now)):%H:%M} ({settings.TIME_ZONE.key})."
    opens = clock.local(hours.next_opening(now))
    return (
        f"Booking is closed now: it opens at {opens:%H:%M} on {opens:%d.%m.%Y} ({settings.TIME_ZONE.key}).\n"
        "  To try it at any hour: SERVICE_OPENS=00:00 SERVICE_CLOSES=24:00 make run"
    )
