"""How the SVG looks: a class for each kind of thing, in light and in dark."""

from __future__ import annotations

from .model import NodeKind

CLASS_OF: dict[NodeKind, str] = {
    "fork": "head", "loop": "head", "guard": "head", "handler": "event", "stream": "event",
    "back": "jump", "leave": "jump",
}  # fmt: skip
"""The class of a kind, where it is not the kind's own name."""

LEGEND = (("taken", "a test came this way"), ("missed", "no test ever did"))

_FONT = "font-family:'DejaVu Sans',Verdana,'Segoe UI',Helvetica,Arial,sans-serif"

# class: fill, stroke, text; light, then dark. The contrast of each text is at least 7 to 1.
_NODES: dict[str, tuple[tuple[str, str, str], tuple[str, str, str]]] = {
    "start": (("#1f4e79", "#1f4e79", "#ffffff"), ("#a9cdf0", "#a9cdf0", "#0b1622")),
    "action": (("#eaf2fb", "#4a7fb5", "#16222e"), ("#1c2b3a", "#6fa3d6", "#e8f0f8")),
    "set": (("#f6f6f6", "#a8a8a8", "#3a3a3a"), ("#262626", "#7a7a7a", "#d6d6d6")),
    "wait": (("#f3eefb", "#8464b8", "#22182f"), ("#2a2238", "#a78bd6", "#eee8f8")),
    "call": (("#e5f5ef", "#2e8b6f", "#10261f"), ("#17302a", "#5fc1a3", "#e2f5ef")),
    "choice": (("#fff6dd", "#b8860b", "#2b2100"), ("#352b10", "#d9ad45", "#fbf0d2")),
    "head": (("#ffffff", "#5d6a78", "#1d252d"), ("#10151b", "#93a1b0", "#e6ebf0")),
    "event": (("#fdefe5", "#c0622d", "#32180a"), ("#38210f", "#e39a6c", "#fbe9dd")),
    "jump": (("#ffffff", "#1f4e79", "#1f4e79"), ("#10151b", "#a9cdf0", "#a9cdf0")),
    "end": (("#4a4a4a", "#4a4a4a", "#ffffff"), ("#c8c8c8", "#c8c8c8", "#111111")),
    "fault": (("#9c1c15", "#9c1c15", "#ffffff"), ("#f2b8b5", "#f2b8b5", "#370b08")),
}


def _theme(dark: bool) -> str:
    ground, panel, border, line, text, quiet = (
        ("#0b0f14", "#141a21", "#2b3540", "#93a1b0", "#e6ebf0", "#aab4be")
        if dark
        else ("#ffffff", "#fafbfc", "#d5dbe1", "#5d6a78", "#1d252d", "#4b5661")
    )
    part, beside, event = ("#1a222b", "#221a14", "#e39a6c") if dark else ("#f1f4f7", "#fffaf6", "#c0622d")
    missed, missed_text, taken = (
        ("#f28b82", "#fbd0cc", "#6fcf97") if dark else ("#b3261e", "#8a1c16", "#1e7d34")
    )
    rules = [
        f".page{{fill:{ground}}}.panel{{fill:{panel};stroke:{border}}}",
        f".wire{{stroke:{line}}}.tip{{fill:{line}}}text{{fill:{text}}}.doc{{fill:{quiet}}}",
        f".label{{fill:{text};stroke:{panel}}}",
        f".part{{fill:{part};stroke:{line}}}.scope{{stroke:{event}}}.beside{{fill:{beside};stroke:{event}}}",
    ]
    for name, colours in _NODES.items():
        fill, stroke, ink = colours[dark]
        rules.append(f".{name}{{fill:{fill};stroke:{stroke}}}.{name} text{{fill:{ink};stroke:none}}")
    rules += [
        f".node.taken{{stroke:{taken}}}.wire.taken{{stroke:{taken}}}",
        f".node.missed{{fill:{panel};stroke:{missed}}}.node.missed text{{fill:{missed_text}}}",
        f".wire.missed{{stroke:{missed}}}.label.missed{{fill:{missed_text}}}.frame.missed{{stroke:{missed}}}",
    ]
    return "".join(rules)


STYLE = (
    f"text{{font-size:12px;{_FONT}}}.title{{font-size:16px;font-weight:bold}}.bold{{font-weight:bold}}"
    ".wire{fill:none;stroke-width:1.4}.dashed{stroke-dasharray:5 4}"
    ".label{paint-order:stroke;stroke-width:4px;stroke-linejoin:round}"
    ".frame{stroke-width:1}.part{stroke-opacity:.45}.scope{fill:none;stroke-dasharray:5 4;stroke-opacity:.7}"
    ".beside{stroke-dasharray:5 4}.node{stroke-width:1.4}.panel{stroke-width:1}"
    + _theme(False)
    + ".node.taken{stroke-width:2.6}.node.missed{stroke-width:2.2;stroke-dasharray:6 4}"
    ".wire.missed{stroke-width:1.8;stroke-dasharray:2 4}a:hover{opacity:.8}"
    + f"@media(prefers-color-scheme:dark){{{_theme(True)}}}"
)
