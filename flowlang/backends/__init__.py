"""Backends: what connects activeflows to the world. Each is a package of its own below this one, or a third
party's, registered through the entry point `flowlang.backends`. `flowlang.backends.border` is what they all
keep to."""
