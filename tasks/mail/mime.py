"""MIME: writes an e-mail as bytes, in one pass, because all e-mails have the same few parts."""

import base64
from dataclasses import dataclass
from email.header import Header
from functools import lru_cache

_LONGEST_PLAIN = 60  # the length up to which a header needs neither encoding nor a second line
_SPECIAL = '"\\()<>@,;:.[]'  # characters that a name may contain only in quotes


@dataclass(frozen=True)
class Invitation:
    """A calendar with one event, as a file to save and as an alternative part; only the latter makes "Accept" show."""

    ics: str
    file_name: str

    @property
    def method(self) -> str:
        return "CANCEL" if "METHOD:CANCEL" in self.ics else "REQUEST"


@dataclass(frozen=True)
class Mail:
    """`sender` is a name and an address. Both addresses are in ASCII, and the id has its angle brackets."""

    to: str
    sender: tuple[str, str]
    subject: str
    text: str
    html: str
    message_id: str
    date: str
    invitation: Invitation | None = None

    def as_bytes(self) -> bytes:
        header = {
            "From": _encode_mailbox(*self.sender),
            "To": self.to,
            "Subject": _encode(self.subject, "Subject"),
            "Date": self.date,
            "Message-ID": self.message_id,
            "Auto-Submitted": "auto-generated",
            "MIME-Version": "1.0",
        }
        return (_write_header(header) + self._write_content()).encode("ascii")

    def _write_content(self) -> str:
        texts = [
            _write_part("text/plain; charset=utf-8", self.text),
            _write_part("text/html; charset=utf-8", self.html),
        ]
        if (invitation := self.invitation) is None:
            return _join("alternative", texts)
        calendar = f"text/calendar; charset=utf-8; method={invitation.method}"
        texts.append(_write_part(calendar, invitation.ics))
        name = f'"{invitation.file_name}"'
        disposition = f"Content-Disposition: attachment; filename={name}\r\n"
        file = _write_part(f"{calendar};\r\n name={name}", invitation.ics, disposition)
        return _join("mixed", [_join("alternative", texts), file])


def _write_header(header: dict[str, str]) -> str:
    for name, value in header.items():
        if any(end in value.replace("\r\n ", "") for end in "\r\n"):  # prevents header injection
            raise ValueError(f"{name} has more than one line.")
    return "".join(f"{name}: {value}\r\n" for name, value in header.items())


def _write_part(content_type: str, content: str, more: str = "") -> str:
    encoded = base64.encodebytes(content.encode()).decode("ascii").replace("\n", "\r\n")
    return f"Content-Type: {content_type}\r\n{more}Content-Transfer-Encoding: base64\r\n\r\n{encoded}"


def _join(kind: str, parts: list[str]) -> str:
    """The boundary may always be the same: all content is in Base64, which has neither "=_" nor a hyphen."""
    boundary = f"=_{kind}"
    joined = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{joined}--{boundary}--\r\n'


def _encode(text: str, name: str) -> str:
    """The text of a header; in encoded words (RFC 2047) unless it is ASCII."""
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    if charset == "us-ascii" and len(text) <= _LONGEST_PLAIN:
        return text
    return Header(text, charset, header_name=name).encode(linesep="\r\n")


@lru_cache(maxsize=16)
def _encode_mailbox(name: str, address: str) -> str:
    if not name:
        return address
    if name.isascii() and any(letter in _SPECIAL for letter in name):
        name = '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    return f"{_encode(name, 'From')} <{address}>"
