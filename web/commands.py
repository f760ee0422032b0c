"""Commands of an operator: create the first administrator, reset a second factor, print the address for reports."""

import sys

import settings
from infra import database
from models.accounts import staff
from models.accounts.account import Account, Role
from models.refusals.desk import StaffNotFound
from models.refusals.refusal import InvalidInput
from web import sms_reports

USAGE = """Usage: python server.py [web]                         serve; without BROKER_URL also do all background work
       python server.py worker                        run tasks from the broker
       python server.py scheduler                     send scheduled tasks to the broker
       python server.py check                         try database, broker, mail and SMS; it changes nothing
       python server.py migrate                       migrate the database, as all commands but check do first
       python server.py rotate-secret                 re-encrypt everything, from SECRET_KEY_PREVIOUS to SECRET_KEY
       python server.py create-administrator EMAIL    create an administrator and mail a one-time password
       python server.py reset-second-factor EMAIL     for a colleague who lost both telephone and recovery codes
       python server.py sms-reports-address           print the address for delivery reports of SMSAPI
"""
INVITED = """{email} is now an administrator. Next steps:

1. A letter with a one-time password (valid for {hours} hours) is sent to {email}: at once if the service runs,
   otherwise as soon as it starts.{mailbox}
2. Log in with it (mutation logIn), then set your own password (mutation changePassword).
3. Invite colleagues (mutation inviteStaff). See docs/desk.md.
"""
MAILBOX = "\n   No mail server is configured, so you can read it at {url}/mailbox."


async def run(url: str, arguments: list[str]) -> int:
    """Run a command and return its exit code: 0 done, 1 refused, 2 unknown command."""
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
    await database.connect(url)
    try:
        account = await staff.invite(email, email, Role.ADMINISTRATOR, by=None)
    except InvalidInput:
        sys.stderr.write("This is not an e-mail address, or another account uses it.\n")
        return 1
    finally:
        await database.disconnect()
    mailbox = "" if settings.IN_PRODUCTION or settings.SMTP_URL else MAILBOX.format(url=settings.PUBLIC_URL)
    values = {"email": account.email, "hours": settings.ONE_TIME_PASSWORD_HOURS, "mailbox": mailbox}
    sys.stdout.write(INVITED.format(**values))
    return 0


async def _reset_second_factor(url: str, email: str) -> int:
    await database.connect(url)
    try:
        account = await Account.find_by_email(email)
        if account is None:
            raise StaffNotFound
        await staff.reset_second_factor(account.id, by=None)
    except StaffNotFound:
        sys.stderr.write("No member of staff has this address.\n")
        return 1
    finally:
        await database.disconnect()
    sys.stdout.write(f"{account.email} can log in with the password alone again; all their sessions have ended.\n")
    return 0
