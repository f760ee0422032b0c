"""Renders letters and texts from one template per kind and language; a letter as plain text and as HTML."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markdown_it import MarkdownIt
from markupsafe import Markup

import settings
from models.outbox import Message
from tasks.mail import links
from tasks.sms import gsm

WHEN = "EEEE, d MMMM y, HH:mm"
DAY = {"pl": "dd.MM.y", "en": "d MMM y"}
_MARKUP = re.compile(r"([\\`*_\[\]<>&!#|~])")
_LINK = re.compile(r'<a href="([^"]*)">[^<]*</a>')
_BUTTONS = {
    links.VISIT_LINK: {"pl": "Potwierdź lub odwołaj wizytę", "en": "Confirm or cancel the visit"},
    links.ADDRESS_LINK: {"pl": "Potwierdź adres", "en": "Confirm the address"},
}
_markdown = MarkdownIt("commonmark", {"html": False, "typographer": False})


class Letter(NamedTuple):
    subject: str
    text: str
    html: str


def render_letter(message: Message, **extra: Any) -> Letter:
    """Render a message; `extra` holds values that are never stored, such as a one-time password."""
    language = message.language.lower()
    values = {
        "language": language,
        "centre": settings.CENTRE_NAME,
        "phone": settings.CENTRE_PHONE,
        "url": Markup(settings.PUBLIC_URL),  # noqa: S704 - set by the operator  # nosec B704
        "pages": links.find_pages(message),
        "valid_hours": settings.ONE_TIME_PASSWORD_HOURS,
        "confirm_hours": settings.EMAIL_CONFIRMATION_HOURS,
        "to": message.to,
        "at": message.created_at,
        "visits": [],
        "lost": [],
        **message.details,
        **extra,
    }
    name = f"{message.kind.value}.{language}.md"
    subject, text = _split_subject(_plain.get_template(name).render(values))
    content = _markdown.render(_split_subject(_escaped.get_template(name).render(values))[1])
    content = _LINK.sub(lambda link: _shorten_link(link[1], language), content)
    values |= {"subject": subject, "content": Markup(content)}  # noqa: S704 - rendered with HTML off  # nosec B704
    return Letter(subject, text, _html.get_template("layout.html").render(values))


def _shorten_link(href: str, language: str) -> str:
    """Show only the host of an address, because addresses are long; a link to confirm something becomes a button."""
    address = urlsplit(href)
    if label := _BUTTONS.get("/" + address.path.rpartition("/")[2]):
        return f'<a class="button" href="{href}">{label[language]}</a>'
    return f'<a href="{href}">{address.netloc}</a>'


def render_text(message: Message) -> str:
    """Render an SMS in one part; if it is too long, shorten the name of the centre."""
    language, facts = message.language.lower(), message.details.get("visit") or message.details["term"]
    template = _plain.get_template(f"{message.kind.value}.{language}.txt")

    def render(centre: str) -> str:
        day, hour = (_format_local(facts["starts_at"], form, language) for form in (DAY[language], "HH:mm"))
        until = _format_local(message.details.get("until") or facts["starts_at"], f"{DAY[language]} HH:mm", language)
        return gsm.transliterate(template.render(centre=centre, date=day, time=hour, until=until, phone=facts["phone"]))

    text = render(settings.CENTRE_NAME)
    if excess := max(0, gsm.count_septets(text) - gsm.SEPTETS_PER_PART):
        text = render(settings.CENTRE_NAME[: max(0, len(settings.CENTRE_NAME) - excess)])
    return text


def _split_subject(rendered: str) -> tuple[str, str]:
    """Split a rendered template: its first line is the subject."""
    first, _, rest = rendered.partition("\n")
    return first.removeprefix("Subject: "), rest.strip() + "\n"


def _format_local(moment: datetime | str, form: str, language: str) -> str:
    moment = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return format_datetime(moment, form, tzinfo=settings.TIME_ZONE, locale=language)


@pass_context
def _when(context: Context, moment: datetime | str) -> str:
    return _format_local(moment, WHEN, context["language"])


def _in_one_line(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else " ".join(value.split())


def _escape_markup(value: Any) -> Any:
    """Escape Markdown in text that people have written."""
    value = _in_one_line(value)
    return value if isinstance(value, Markup) or not isinstance(value, str) else _MARKUP.sub(r"\\\1", value)


def _environment(finalize: Callable[[Any], Any] | None = None, *, autoescape: bool = False) -> Environment:
    environment = Environment(  # nosec B701 - see autoescape below
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        autoescape=autoescape,  # noqa: S701 - off for plain text and for Markdown, whose HTML is off
        finalize=finalize,
        auto_reload=False,  # templates are compiled once; changed files are not noticed
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["when"] = _when
    return environment


_plain, _escaped = _environment(_in_one_line), _environment(_escape_markup)
_html = _environment(autoescape=True)
