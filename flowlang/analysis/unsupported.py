"""What the language has and this version does not run yet. A row goes away with the version that runs it."""

from __future__ import annotations

from flowlang.syntax import ast

# What its author calls a construct, by node.
UNSUPPORTED: dict[type[ast.Node], str] = {
    ast.Every: "every",
    ast.Handoff: "handoff",
    ast.Parallel: "parallel",
    ast.PolicyDecl: "policy",
    ast.Race: "race",
    ast.Raise: "raise",
    ast.TestDecl: "test",
    ast.Try: "try",
    ast.Use: "use",
    ast.WaitFor: "wait for",
    ast.WaitUntil: "wait until",
}

# Forms of constructs that run otherwise.
UNSUPPORTED_FORMS = frozenset({"secret let", "via", "flow outcomes"})

SUPPORTED_CHANNELS = frozenset({"call"})
