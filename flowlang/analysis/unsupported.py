"""What the language has and this version does not run yet. A row goes away with the version that runs it."""

from __future__ import annotations

from flowlang.syntax import ast

# What its author calls a construct, by node.
UNSUPPORTED: dict[type[ast.Node], str] = {}

# Forms of constructs that run otherwise.
UNSUPPORTED_FORMS = frozenset({"via"})

# Of test blocks: statements, and verbs of parties.
UNSUPPORTED_TEST_STATEMENTS: dict[type[ast.Node], str] = {}
UNSUPPORTED_VERBS: frozenset[str] = frozenset()
