"""A visit as a calendar file, for the patient who is signed in by cookie: a plain link on the portal's page."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from infra import crypto
from models.accounts.account import Language
from models.visits import icalendar, side_effects
from models.visits.visit import Visit
from schema.context import Context
from web.endpoint.caller import read_context


async def file(request: Request) -> Response:
    """Answer 404 for every visit that is not the caller's own, so that nobody learns which visits exist."""
    context = await read_context(request, Response())
    visit = await _find(context, request.path_params["visit"])
    if visit is None:
        raise HTTPException(404)
    language = {"pl": Language.PL, "en": Language.EN}.get(request.query_params.get("lang", ""), context.language)
    headers = {
        "cache-control": "no-store",
        "content-disposition": f"attachment; filename={icalendar.FILE_NAMES[language]}",
        "x-content-type-options": "nosniff",
    }
    text = icalendar.render_file(side_effects.snapshot(visit), language)
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


async def _find(context: Context, public: str) -> Visit | None:
    if context.viewer is None or context.open_session.must_change_password:
        return None
    try:
        visit_id = crypto.decode_id("Visit", public)
    except (crypto.InvalidToken, UnicodeEncodeError):
        return None
    return await Visit.find_for_patient(visit_id, context.patient)
