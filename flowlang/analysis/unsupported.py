"""What the language has and this version does not run yet. A row goes away with the version that runs it."""

from __future__ import annotations

from flowlang.syntax import ast

# What its author calls a construct, by node.
UNSUPPORTED: dict[type[ast.Node], str] = {
    ast.Handoff: "handoff",
    ast.PolicyDecl: "policy",
    ast.TestDecl: "test",
    ast.Use: "use",
}

# Forms of constructs that run otherwise.
UNSUPPORTED_FORMS = frozenset({"secret let", "via", "flow outcomes"})

SUPPORTED_CHANNELS = frozenset({"call"})
