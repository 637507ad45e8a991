"""Session descriptions (RFC 8866): parsing, tolerant but bounded, and printing.

Kept: what offer/answer needs, and every attribute. Dropped: e-mail, phone, key and repeat lines, which
nobody answers. Tolerated: LF alone as line end, an absent or empty `s=`, absent `o=` and `t=`, lines out of
order inside their section. Refused: no `v=0`, lines that are no `x=...`, an m-line that does not parse, more
than the limits below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flowlang.sip.text import guard

MAX_LINES = 1_000
MAX_MEDIA = 32
MAX_FORMATS = 64

Attribute = tuple[str, str | None]
"""Name and value of an `a=` line; None for a flag."""

_MEDIA = re.compile(r"(\S+) +(\d{1,5})(?:/(\d{1,3}))? +(\S+) +(\S.*)", re.ASCII)
_CONNECTION = re.compile(r"IN +(IP[46]) +([0-9A-Za-z.:%\-_]+)(?:/\S+)?", re.IGNORECASE | re.ASCII)
_ORIGIN = re.compile(r"(\S+) +(\d{1,20}) +(\d{1,20}) +IN +(IP[46]) +(\S+)", re.IGNORECASE | re.ASCII)


class SdpError(ValueError):
    """Text that is no session description."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The `o=` line: who describes the session, and the version of the description."""

    session_id: int
    version: int
    host: str
    user: str = "-"

    def __str__(self) -> str:
        return f"{self.user} {self.session_id} {self.version} IN {family(self.host)} {self.host}"


@dataclass(frozen=True, slots=True)
class Media:
    """One m-line with what belongs to it. `connection` is its own `c=` address, None where the session's
    counts."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    connection: str | None = None
    attributes: tuple[Attribute, ...] = ()
    ports: int = 1

    def attribute(self, name: str) -> str | None:
        """The value of the first `a=name:`, None if there is none."""
        return first(self.attributes, name)

    def has(self, name: str) -> bool:
        """True if there is an `a=name`."""
        return any(attribute[0] == name for attribute in self.attributes)


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """A whole description."""

    origin: Origin | None
    connection: str | None
    media: tuple[Media, ...]
    attributes: tuple[Attribute, ...] = ()
    name: str = "-"
    times: tuple[str, ...] = ("0 0",)

    def host_of(self, media: Media) -> str | None:
        """The address that `media` is to be sent to."""
        return media.connection or self.connection

    def encode(self) -> bytes:
        """The bytes of the body; ValueError if a part could break out of its line."""
        lines = ["v=0", f"o={self.origin or Origin(0, 0, '127.0.0.1')}", f"s={self.name or '-'}"]
        if self.connection is not None:
            lines.append(f"c=IN {family(self.connection)} {self.connection}")
        lines.extend(f"t={time}" for time in self.times)
        lines.extend(_attribute_lines(self.attributes))
        for media in self.media:
            port = str(media.port) if media.ports == 1 else f"{media.port}/{media.ports}"
            lines.append(f"m={media.kind} {port} {media.protocol} {' '.join(media.formats)}")
            if media.connection is not None:
                lines.append(f"c=IN {family(media.connection)} {media.connection}")
            lines.extend(_attribute_lines(media.attributes))
        return "".join(f"{guard(line)}\r\n" for line in lines).encode("utf-8", "surrogateescape")


def family(host: str) -> str:
    """`IP4` or `IP6`."""
    return "IP6" if ":" in host else "IP4"


def first(attributes: Sequence[Attribute], name: str) -> str | None:
    """The value of the first attribute of that name that has one."""
    return next((value for key, value in attributes if key == name and value is not None), None)


def _attribute_lines(attributes: Sequence[Attribute]) -> list[str]:
    return [f"a={name}" if value is None else f"a={name}:{value}" for name, value in attributes]


def parse_sdp(body: bytes) -> SessionDescription:
    """The description that `body` is; SdpError if it is none."""
    lines = body.decode("utf-8", "surrogateescape").replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) > MAX_LINES:
        raise SdpError("too many lines in a session description")
    if lines[0].rstrip() != "v=0":
        raise SdpError("a session description must begin with v=0")
    heads: list[re.Match[str]] = []
    sections: list[_Section] = [_Section()]
    for line in lines[1:]:
        kind, equals, value = line[:1], line[1:2], line[2:].strip(" \t")
        if equals != "=" or not kind.isalpha() or "\r" in value or "\0" in value:
            raise SdpError("malformed line in a session description")
        if kind == "m":
            match = _MEDIA.fullmatch(value)
            if match is None or int(match[2]) > 65535 or len(heads) >= MAX_MEDIA:
                raise SdpError("malformed m-line in a session description")
            heads.append(match)
            sections.append(_Section())
        else:
            sections[-1].take(kind, value)
    session = sections[0]
    return SessionDescription(
        session.origin,
        session.connection,
        tuple(_media(head, section) for head, section in zip(heads, sections[1:], strict=True)),
        tuple(session.attributes),
        session.name or "-",
        tuple(session.times) or ("0 0",),
    )


class _Section:
    """The lines of the session, or of one m-line."""

    __slots__ = ("attributes", "connection", "name", "origin", "times")

    def __init__(self) -> None:
        self.attributes: list[Attribute] = []
        self.connection: str | None = None
        self.name: str | None = None
        self.origin: Origin | None = None
        self.times: list[str] = []

    def take(self, kind: str, value: str) -> None:
        if kind == "a":
            name, colon, rest = value.partition(":")
            self.attributes.append((name, rest if colon else None))
        elif kind == "c":
            match = _CONNECTION.fullmatch(value)
            if match is None:
                raise SdpError("malformed c-line in a session description")
            self.connection = self.connection or match[2]  # the first of several (layered multicast)
        elif kind == "o":
            match = _ORIGIN.fullmatch(value)
            if match is None:
                raise SdpError("malformed o-line in a session description")
            self.origin = Origin(int(match[2]), int(match[3]), match[5], match[1])
        elif kind == "s":
            self.name = value
        elif kind == "t":
            self.times.append(value)


def _media(head: re.Match[str], section: _Section) -> Media:
    formats = tuple(head[5].split())
    if len(formats) > MAX_FORMATS:
        raise SdpError("too many formats in an m-line")
    ports = int(head[3] or 1)
    return Media(
        head[1].lower(), int(head[2]), head[4], formats, section.connection, tuple(section.attributes), ports
    )
