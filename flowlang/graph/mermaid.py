"""A chart as Mermaid's text (https://mermaid.js.org/syntax/flowchart.html): renderers are found in wikis,
forges and editors.

Nothing of a script stands in it unescaped: what is neither a letter, a digit nor harmless becomes an entity.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .edges import edges_of
from .marks import Marks
from .model import (
    Block,
    Chart,
    Choice,
    FlowChart,
    Fork,
    Guarded,
    Item,
    Loop,
    Node,
    NodeKind,
    Side,
    Sided,
    Step,
    Taken,
    nodes,
)

_HARMLESS = frozenset(" .,!?'()-/=_…→“”’")

# Opening and closing brackets: the form of a node.
_FORMS: dict[NodeKind, tuple[str, str]] = {
    "start": ("([", "])"),
    "action": ("[", "]"),
    "set": ("[", "]"),
    "wait": ("(", ")"),
    "call": ("[[", "]]"),
    "choice": ("{{", "}}"),
    "fork": ("[/", "\\]"),
    "loop": ("([", "])"),
    "guard": ("([", "])"),
    "handler": (">", "]"),
    "stream": (">", "]"),
    "back": ("([", "])"),
    "leave": ("([", "])"),
    "end": ("([", "])"),
    "fault": ("([", "])"),
}

# Colours that can be read on a white page and on a black one. The names are written with `k_` before them,
# since `end` and `call` are words of Mermaid's.
_CLASSES: dict[str, str] = {
    "start": "fill:#1f4e79,stroke:#1f4e79,color:#ffffff",
    "action": "fill:#e8f1fa,stroke:#4a7fb5,color:#1a1a1a",
    "set": "fill:#f4f4f4,stroke:#9a9a9a,color:#333333",
    "wait": "fill:#f1ecf9,stroke:#8464b8,color:#1a1a1a",
    "call": "fill:#e3f4ee,stroke:#2e8b6f,color:#1a1a1a",
    "choice": "fill:#fff6dd,stroke:#b8860b,color:#1a1a1a",
    "part": "fill:#ffffff,stroke:#6b7785,color:#1a1a1a",
    "beside": "fill:#fdeee4,stroke:#c0622d,color:#1a1a1a,stroke-dasharray:5 4",
    "jump": "fill:#ffffff,stroke:#1f4e79,color:#1f4e79",
    "end": "fill:#4a4a4a,stroke:#4a4a4a,color:#ffffff",
    "fault": "fill:#b3261e,stroke:#b3261e,color:#ffffff",
    "taken": "stroke:#1e7d34,stroke-width:3px",
    "missed": "fill:#ffffff,stroke:#b3261e,color:#8a1c16,stroke-width:3px,stroke-dasharray:6 4",
}
_CLASS_OF: dict[NodeKind, str] = {
    "fork": "part", "loop": "part", "guard": "part", "handler": "beside", "stream": "beside",
    "back": "jump", "leave": "jump",
}  # fmt: skip


def to_mermaid(chart: Chart, taken: Taken | None = None) -> str:
    """The text; with `taken` what tests never took is marked."""
    writer = _Writer(Marks(taken))
    for flow in chart.flows:
        writer.flow(flow)
    lines = ["---", f"title: {_quoted(chart.title)}", "---", "flowchart TD", *writer.lines]
    lines += [f"    classDef k_{name} {style}" for name, style in _CLASSES.items() if name in writer.classes]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """A text that means nothing to Mermaid; lines are kept."""
    signs = (
        "<br/>" if each == "\n" else each if each.isalnum() or each in _HARMLESS else f"#{ord(each)};"
        for each in text
    )
    return "".join(signs)


def _quoted(title: str) -> str:
    """For the front matter, which is YAML."""
    return "'" + "".join(each if each.isalnum() or each in " ._-" else "_" for each in title) + "'"


@dataclass(slots=True, eq=False)
class _Writer:
    marks: Marks
    lines: list[str] = field(default_factory=list[str])
    classes: set[str] = field(default_factory=set[str])
    _depth: int = 1
    _groups: int = 0

    def _write(self, line: str) -> None:
        self.lines.append("    " * self._depth + line)

    def flow(self, flow: FlowChart) -> None:
        self._begin(f"flow {flow.name}")
        self._block(flow.block)
        self._end()
        for edge in edges_of(flow.block):
            label = edge.label
            if self.marks.of(edge.piece) == "missed":
                label = f"{label} (never taken)".strip()
            arrow = "-.->" if edge.is_beside else "-->"
            said = f'|"{escaped(label)}"|' if label else ""
            self._write(f"{_id(edge.source)} {arrow}{said} {_id(edge.target)}")
        for node in nodes(flow.block):
            if node.link is not None and node.kind in ("call", "end"):
                self._write(f"{_id(node.id)} -.-> {_id(node.link)}")

    def _begin(self, title: str) -> None:
        self._groups += 1
        self._write(f'subgraph g{self._groups}["{escaped(title)}"]')
        self._depth += 1

    def _end(self) -> None:
        self._depth -= 1
        self._write("end")

    def _block(self, block: Block) -> None:
        for item in block.items:
            self._item(item)

    def _item(self, item: Item) -> None:
        match item:
            case Step(node):
                self._node(node)
            case Choice(node, branches):
                self._node(node)
                for each in branches:
                    self._block(each.block)
            case Loop(node, body):
                self._part(node, body)
            case Guarded(node, body, escape):
                self._part(node, body)
                if escape is not None:
                    self._block(escape.block)
            case Sided(block, sides):
                self._block(block)
                self._sides(sides)
            case Fork(node, streams):
                self._node(node)
                self._sides(streams)

    def _sides(self, sides: tuple[Side, ...]) -> None:
        for side in sides:
            self._part(side.node, side.block)

    def _part(self, node: Node, block: Block) -> None:
        self._begin(" ")
        self._node(node)
        self._block(block)
        self._end()

    def _node(self, node: Node) -> None:
        left, right = _FORMS[node.kind]
        said = "\n".join(each for each in (node.title, node.text) if each)
        name = _CLASS_OF.get(node.kind, node.kind)
        mark = self.marks.of_node(node)
        if mark is not None:
            name = mark
            said += "\n(no test ever came here)" if mark == "missed" else ""
        self.classes.add(name)
        self._write(f'{_id(node.id)}{left}"{escaped(said)}"{right}:::k_{name}')


def _id(node_id: str) -> str:
    """An id that is no keyword of Mermaid's (a flow may be called `end`)."""
    return "n_" + node_id.replace(".", "_")
