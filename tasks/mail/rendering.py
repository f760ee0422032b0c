"""How letters and texts are written: a template a kind and language, filled in once for the eye and once for HTML."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markdown_it import MarkdownIt
from markupsafe import Markup

import settings
from models.message import Message
from tasks import gsm

WHEN = "EEEE, d MMMM y, HH:mm"
DAY = {"pl": "dd.MM.y", "en": "d MMM y"}
_MARKUP = re.compile(r"([\\`*_\[\]<>&!#|~])")
_markdown = MarkdownIt("commonmark", {"html": False, "typographer": False})


class Letter(NamedTuple):
    subject: str
    text: str
    html: str


def letter(message: Message, **more: Any) -> Letter:
    """The letter of a message; `more` is what may be said in it but never kept, such as a one-time password."""
    language = message.language.lower()
    values = {
        "language": language,
        "centre": settings.CENTRE_NAME,
        "phone": settings.CENTRE_PHONE,
        "url": Markup(settings.PUBLIC_URL),  # noqa: S704 - the operator's own  # nosec B704
        "valid_hours": settings.ONE_TIME_PASSWORD_HOURS,
        "to": message.to,
        "at": message.created_at,
        "visits": [],
        **message.details,
        **more,
    }
    name = f"{message.kind.value}.{language}.md"
    subject, text = _parted(_for_eyes.get_template(name).render(values))
    content = _markdown.render(_parted(_for_markdown.get_template(name).render(values))[1])
    values |= {"subject": subject, "content": Markup(content)}  # noqa: S704 - Markdown let no HTML in  # nosec B704
    return Letter(subject, text, _for_html.get_template("layout.html").render(values))


def short_text(message: Message) -> str:
    """The SMS of a message, in one part; a long name of the centre gives way to the rest."""
    language, told = message.language.lower(), message.details.get("visit") or message.details["term"]
    template = _for_eyes.get_template(f"{message.kind.value}.{language}.txt")

    def written(centre: str) -> str:
        day, hour = (_local(told["starts_at"], form, language) for form in (DAY[language], "HH:mm"))
        until = _local(message.details.get("until") or told["starts_at"], f"{DAY[language]} HH:mm", language)
        return gsm.spelled(template.render(centre=centre, date=day, time=hour, until=until, phone=told["phone"]))

    text = written(settings.CENTRE_NAME)
    if excess := max(0, gsm.length(text) - gsm.ONE_PART):
        text = written(settings.CENTRE_NAME[: max(0, len(settings.CENTRE_NAME) - excess)])
    return text


def _parted(rendered: str) -> tuple[str, str]:
    """The first line is the subject."""
    first, _, rest = rendered.partition("\n")
    return first.removeprefix("Subject: "), rest.strip() + "\n"


def _local(moment: datetime | str, form: str, language: str) -> str:
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return format_datetime(moment, form, tzinfo=settings.TIME_ZONE, locale=language)


@pass_context
def _when(context: Context, moment: datetime | str) -> str:
    return _local(moment, WHEN, context["language"])


def _in_one_line(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else " ".join(value.split())


def _without_markup(value: Any) -> Any:
    """What people have written is never Markdown."""
    value = _in_one_line(value)
    return value if isinstance(value, Markup) or not isinstance(value, str) else _MARKUP.sub(r"\\\1", value)


def _environment(finalize: Callable[[Any], Any] | None = None, *, autoescape: bool = False) -> Environment:
    environment = Environment(  # nosec B701 - see autoescape below
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=autoescape,  # noqa: S701 - off for plain text and for Markdown, which lets no HTML in
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["when"] = _when
    return environment


_for_eyes, _for_markdown = _environment(_in_one_line), _environment(_without_markup)
_for_html = _environment(autoescape=True)
