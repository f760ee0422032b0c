"""What an operator does on the server's command line: let the first administrator in, ask for the reports' address."""

import sys

import settings
from models import database, staff
from models.account import Account, Role
from models.refusal import InvalidInput
from models.staff_refusal import StaffNotFound
from web import sms_reports

USAGE = """Usage: python server.py [web]                         serve; without BROKER_URL it does all the work itself
       python server.py worker                        take tasks from the broker
       python server.py scheduler                     send the tasks that are repeated
       python server.py migrate                       bring the database up to date, as every command does first
       python server.py rotate-secret                 seal everything anew, from SECRET_KEY_PREVIOUS to SECRET_KEY
       python server.py create-administrator EMAIL    let an administrator in: mails a one-time password
       python server.py reset-second-factor EMAIL     for a colleague who has lost telephone and recovery codes
       python server.py sms-reports-address           where SMSAPI shall send its delivery reports
"""
INVITED = """{email} is an administrator now. What happens next:

1. A letter with a one-time password goes to {email} (valid for {hours} hours): at once if the service runs,
   otherwise as soon as it is started.{mailbox}
2. Log in with it (mutation logIn), then set an own password (mutation changePassword).
3. Invite colleagues (mutation inviteStaff). docs/desk.md shows how.
"""
MAILBOX = "\n   Nothing real is configured, so it can be read at {url}/mailbox."


async def run(url: str, arguments: list[str]) -> int:
    """The exit code of a command: 0 done, 1 refused, 2 not understood."""
    match arguments:
        case ["create-administrator", email]:
            return await _create_administrator(url, email)
        case ["reset-second-factor", email]:
            return await _reset_second_factor(url, email)
        case ["sms-reports-address"]:
            sys.stdout.write(f"{sms_reports.address()}\n")
            return 0
    sys.stderr.write(USAGE)
    return 2


async def _create_administrator(url: str, email: str) -> int:
    await database.open_(url)
    try:
        account = await staff.invite(email, email, Role.ADMINISTRATOR, by=None)
    except InvalidInput:
        sys.stderr.write("This is not an e-mail address, or another account uses it already.\n")
        return 1
    finally:
        await database.close()
    mailbox = "" if settings.IN_PRODUCTION or settings.SMTP_URL else MAILBOX.format(url=settings.PUBLIC_URL)
    told = {"email": account.email, "hours": settings.ONE_TIME_PASSWORD_HOURS, "mailbox": mailbox}
    sys.stdout.write(INVITED.format(**told))
    return 0


async def _reset_second_factor(url: str, email: str) -> int:
    await database.open_(url)
    try:
        account = await Account.of_email(email)
        if account is None:
            raise StaffNotFound
        await staff.reset_second_factor(account.id, by=None)
    except StaffNotFound:
        sys.stderr.write("Nobody of the staff has this address.\n")
        return 1
    finally:
        await database.close()
    sys.stdout.write(f"{account.email} logs in with the password alone again; their sessions have ended.\n")
    return 0
