"""What an activeflow runs on, kept so that it can go on with just that: the texts of its script and modules,
its limits, the actions that the host declared."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

from flowlang.analysis import Load, Missing
from flowlang.core.limits import Limits
from flowlang.diagnostics import Source
from flowlang.model.action import Action
from flowlang.model.policy import Policy

from .declarations import declared_from_plain, declared_to_plain

_SIZE = 16  # bytes of a hash: enough that two texts never meet


def text_hash(text: str) -> bytes:
    """Stands for a text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()


@dataclass(frozen=True)
class Build:
    """`sources` are the texts, the entry script last; `links` say what `use` found: importer, path behind
    `use`, name of the source. `actions` are those of the host alone."""

    sources: tuple[Source, ...]
    links: tuple[tuple[str, str, str], ...]
    limits: Limits
    actions: tuple[Action, ...]

    @property
    def entry(self) -> Source:
        """The script itself."""
        return self.sources[-1]

    @cached_property
    def manifest(self) -> str:
        """All but the texts, as JSON."""
        return json.dumps(
            {
                "sources": [[each.name, text_hash(each.text).hex()] for each in self.sources],
                "links": self.links,
                "limits": asdict(self.limits),
                "actions": [declared_to_plain(each) for each in self.actions],
            },
            separators=(",", ":"),
        )

    @cached_property
    def hash(self) -> bytes:
        """Stands for all of it."""
        return text_hash(self.manifest)

    @cached_property
    def texts(self) -> dict[bytes, str]:
        """The texts by their hashes."""
        return {text_hash(each.text): each.text for each in self.sources}

    @property
    def load(self) -> Load:
        """Gives the modules that `use` found then."""
        named = {each.name: each for each in self.sources}
        found = {(importer, path): name for importer, path, name in self.links}

        def load(path: str, importer: Source) -> Source | Missing:
            name = found.get((importer.name, path))
            return named[name] if name in named else Missing("it was not kept")

        return load

    @classmethod
    def from_manifest(cls, manifest: str, texts: Mapping[bytes, str]) -> Build:
        """The build that a manifest is of. Raises `ValueError`, `KeyError` for a text that is not there."""
        plain = json.loads(manifest)
        known = {each.name for each in fields(Limits)}
        return cls(
            tuple(Source(name, texts[bytes.fromhex(hashed)]) for name, hashed in plain["sources"]),
            tuple((importer, path, name) for importer, path, name in plain["links"]),
            Limits(**_limits_from_plain({n: value for n, value in plain["limits"].items() if n in known})),
            tuple(declared_from_plain(each) for each in plain["actions"]),
        )


def _limits_from_plain(plain: dict[str, Any]) -> dict[str, Any]:
    policy = plain.get("policy")
    return plain if policy is None else plain | {"policy": Policy.from_plain(policy)}


class Reading:
    """Remembers what a `Load` gave."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self.links: dict[tuple[str, str], str] = {}

    def __call__(self, path: str, importer: Source) -> Source | Missing:
        """Loads a module."""
        found = self._load(path, importer)
        if isinstance(found, Source):
            self.links[importer.name, path] = found.name
        return found

    def build(self, sources: Iterable[Source], limits: Limits, actions: Iterable[Action]) -> Build:
        """The build of what was loaded."""
        links = tuple((importer, path, name) for (importer, path), name in sorted(self.links.items()))
        return Build(tuple(sources), links, limits, tuple(actions))
