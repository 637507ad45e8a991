"""Scripts that want too much, a class each: what they are called, the text, and the code of the error that
stops them, of the parser, the checker or at run time."""

from __future__ import annotations


def main(*lines: str) -> str:
    """A flow of these lines."""
    return "flow main {\n" + "\n".join(f"    {each}" for each in lines) + "\n}\n"


_CHAIN = "func f0() = 1\n" + "".join(f"func f{n}() = f{n - 1}() + f{n - 1}()\n" for n in range(1, 40))

CLASSES: dict[str, tuple[str, str]] = {
    "a number that is squared for ever": (main("let x = 3", "loop { x = x * x }"), "overflow"),
    "a decimal that is squared for ever": (main("let x = 3.5", "loop { x = x * x }"), "overflow"),
    "a number in a func that grows": (
        "func f(n) {\n let x = n\n loop { x = x + x }\n return x\n}\n" + main("f(1)"), "overflow",
    ),
    "text that is doubled": (main('let x = "ab"', 'loop { x = "${x}${x}" }'), "too_large"),
    "long texts that are kept": (
        main('let x = "ab"', 'loop up to 15 { x = "${x}${x}" }', "let all = [x]",
             'loop { all = [...all, "${x}${length(all)}"] }'),
        "budget",
    ),
    "text that replace makes long": (
        main('let x = "aaaaaaaaaa"', 'loop { x = replace(x, "a", "aaaaaaaaaa") }'), "too_large",
    ),
    "a list that is doubled": (main("let x = [1]", "loop { x = x + x }"), "too_large"),
    "a list that is spread twice": (main("let x = [1]", "loop { x = [...x, ...x] }"), "too_large"),
    "lists that are kept": (
        main("let x = []", "let n = 0", "loop { x = [...x, range(100000)]", "n = n + 1 }"), "budget",
    ),
    "pairs of pairs": (
        "func tree(n) {\n if n == 0 { return [1, 2] }\n return [tree(n - 1), tree(n - 1)]\n}\n"
        + main("let x = tree(60)"),
        "budget",
    ),
    "a range of a million": (main("let x = range(1000000)"), "too_large"),
    "shared lists as text": (
        main("let x = [1]", "loop up to 40 { x = [x, x] }", 'log "${x}"'), "too_large",
    ),
    "shared empty lists as text": (
        main("let x = []", "loop up to 40 { x = [x, x] }", 'log "${x}"'), "too_large",
    ),
    "shared lists that are compared": (
        main("let x = [1]", "let y = [1]", "loop up to 40 { x = [x, x]", "y = [y, y] }",
             'if x == y { log "same" }'),
        "too_large",
    ),
    "shared maps that are compared": (
        main("let x = {a: 1}", "let y = {a: 1}", "loop up to 40 { x = {a: x, b: x}", "y = {a: y, b: y} }",
             'if x == y { log "same" }'),
        "too_large",
    ),
    "shared lists that are looked for": (
        main("let x = [1]", "let y = [1]", "loop up to 40 { x = [x, x]", "y = [y, y] }",
             'if x in [y] { log "there" }'),
        "too_large",
    ),
    "shared lists that are sorted": (
        main("let x = [1]", "loop up to 40 { x = [x, x] }", "let y = sorted(x)"), "type",
    ),
    "shared lists that are emitted": (
        main("on news as e { log e.name }", "let x = [1]", "loop up to 40 { x = [x, x] }", "emit news, x"),
        "too_large",
    ),
    "shared lists that a flow starts with": (
        main("let x = [1]", "loop up to 40 { x = [x, x] }", "start other(x)")
        + 'flow other(x) { log "${x}" }\n',
        "too_large",
    ),
    "shared lists that are returned": (
        main("let x = [1]", "loop up to 40 { x = [x, x] }", "return x"), "too_large",
    ),
    "shared lists that are raised": (
        main("let x = []", "loop up to 40 { x = [x, x] }", "raise x"), "too_large",
    ),
    "a list in a list for ever": (main("let x = []", "loop { x = [x] }"), "budget"),
    "a deep list that is returned": (
        main("let x = []", "loop up to 9000 { x = [x] }", "return x"), "too_large",
    ),
    "deep lists that are compared": (
        main("let x = []", "let y = []", "loop up to 9000 { x = [x]", "y = [y] }", 'if x == y { log "" }'),
        "too_large",
    ),
    "long texts that are sorted": (
        main('let a = "ab"', 'loop up to 15 { a = "${a}${a}" }', "let all = []",
             'loop up to 60 { all = [...all, "${a}b", "${a}a"] }', "let x = sorted(all)"),
        "budget",
    ),
    "a loop": (main("loop { }"), "budget"),
    "a loop that counts": (main("let i = 0", "while true { i = (i + 1) % 7 }"), "budget"),
    "a loop with much in it": (
        main("let i = [1]", "loop {", *["i = [i[0], i == i, i[0] < 2]"] * 50, "}"), "budget",
    ),
    "loops in loops": (
        main(*[f"for a{n} in range(1000) {{" for n in range(5)], "let b = a0 + a4", *["}"] * 5), "budget",
    ),
    "loops that are left": (
        main("loop {", "let n = 0", "while true {", "n = n + 1", "if n > 1000 { break }", "}", "}"), "budget",
    ),
    "a func that spins": ("func f() {\n loop { }\n}\n" + main("f()"), "budget"),
    "a loop with an action": (main('loop { log "x" }'), "budget"),
    "a loop that emits": (main("on news { }", "loop { emit news }"), "budget"),
    "faults that are caught in a loop": (
        main("loop {", 'try { raise "x" } catch e { }', "}"), "budget",
    ),
    "a flow that calls itself": ("flow again { again() }\n" + main("again()"), "depth"),
    "flows that call each other": ("flow one { two() }\nflow two { one() }\n" + main("one()"), "depth"),
    "funcs that call each other": (
        "func odd(n) = even(n + 1)\nfunc even(n) = odd(n + 1)\n" + main("odd(1)"), "depth",
    ),
    "a chain of calls that doubles": (_CHAIN + main("f39()"), "budget"),
    "a chain of flows that doubles": (
        "flow f0 { }\n" + "".join(f"flow f{n} {{ f{n - 1}()\nf{n - 1}() }}\n" for n in range(1, 40))
        + main("f39()"),
        "budget",
    ),
    "recursion that doubles": (
        "func f(n) {\n if n < 2 { return n }\n return f(n - 1) + f(n - 2)\n}\n" + main("f(90)"), "budget",
    ),
    "a regex that others choke on": (
        main('let x = "aaaaaaaaaa"', 'loop up to 3 { x = replace(x, "a", "aaaaaaaaaa") }',
             "loop { if matches(x, /^(a+)+$/) { } }".replace("{ }", '{ x = "${x}b" }')),
        "budget",
    ),
    "a regex that is too large": (
        main("if matches(\"a\", /((a{100}){100}){100}/) { stop }"), "E117",
    ),
    "a huge number": (main("let x = " + "9" * 100_000), "E115"),
    "a number of 65 bits": (main("let x = 9223372036854775808"), "E115"),
    "deep brackets": (main("let x = " + "(" * 5_000 + "1" + ")" * 5_000), "E106"),
    "deep lists": (main("let x = " + "[" * 5_000 + "]" * 5_000), "E106"),
    "deep blocks": (main("if true {" * 5_000 + "}" * 5_000), "E106"),
    "a long row of minus": (main("let x = " + "- " * 20_000 + "1"), "E106"),
    "a long row of not": (main("let x = " + "not " * 20_000 + "true"), "E106"),
    "a long sum": (main("let x = " + "+ ".join(["1 "] * 20_000)), "E106"),
    "a list of a hundred thousand numbers": (main("let x = [" + "1, " * 100_001 + "]"), "E107"),
    "a list of many lines": (main("let x = [", *["1,"] * 300_000, "]"), "E107"),
    "a list of texts": (main("let x = [" + "'a', " * 200_000 + "]"), "E107"),
    "a map with a long list": (main("let x = {a: {b: [" + "1, " * 300_000 + "]}}"), "E107"),
    "a map of many keys": (main("let x = {" + "".join(f"k{n}: 1, " for n in range(80_000)) + "}"), "E107"),
    "many arguments": (main("f(" + "1, " * 300_000 + ")"), "E107"),
    "a long list as argument": (main("f(x: [" + "1, " * 300_000 + "])"), "E107"),
    "a constant of a long list": ("const X = [" + "1, " * 300_000 + "]\n" + main("log X"), "E107"),
    "many templates": (main(*['log "a${1}b"'] * 60_000), "E107"),
    "a text of many holes": (main('log "' + "${1}" * 200_000 + '"'), "E107"),
    "texts whose holes look like comments": (
        main(*['let x = """', "#" + "${a}" * 4_000, '"""'] * 50), "E107",
    ),
    "a text of a million letters": (main('let x = "' + "a" * 1_000_000 + '"'), "E107"),
    "a text of a million escapes": (main('let x = "' + "\\n" * 500_000 + '"'), "E107"),
    "a long text of a million quotes": (main('let x = """' + '" ' * 40_000 + "a" * 900_000 + '"""'), "E107"),
    "a regex of a million letters": (main("let x = /" + "a" * 1_000_000 + "/"), "E117"),
    "a phone number of a million digits": (main("let x = +1" + "0" * 1_000_000), "E113"),
    "many statements": (main(*["log 1"] * 100_000), "E107"),
    "many separators": (main(";" * 1_000_000), "E107"),
    "many variables": (main(*[f"let a{n} = 1" for n in range(60_000)]), "E107"),
    "many flows": ("".join(f"flow f{n} {{ }}\n" for n in range(60_000)), "E107"),
    "many constants": ("".join(f"const A{n} = 1\n" for n in range(55_000)), "E107"),
    "many arms": (main("match 1 {", *[f"{n} => stop" for n in range(50_000)], "}"), "E107"),
    "a long chain of else": (main("if a { }" + " else if a { }" * 10_000), "E106"),
    "a very long chain of else": (main("if a { }" + " else if a { }" * 60_000), "E107"),
    "brackets without end": (main("let x = " + "(" * 1_000_000), "E107"),
    "a very long sum": (main("let x = " + "+ ".join(["1 "] * 300_000)), "E107"),
    "a long row of fields": (main("let x = a" + ".b" * 20_000), "E106"),
    "comments without end": ("#\n" * 500_000, "E107"),
    "a script that is too long": ("# " + "x" * 5_000_000, "E107"),
}  # fmt: skip
