"""The codes of the parser. See `codes` for what the numbers mean."""

from __future__ import annotations

from .code import Code

SYNTAX_CODES: dict[str, Code] = {
    "E101": Code(
        "unexpected text",
        "The parser met something that cannot stand at this place. The message says what it met and what "
        "could stand there.",
    ),
    "E102": Code(
        "block not closed",
        "A `{` has no `}`. The place shown is the one whose lines look as if it had ended: by indentation, "
        "or because a declaration begins inside of it.",
    ),
    "E103": Code(
        "text not closed",
        "Text in single or double quotes ends on its line; long text stands between three double quotes.",
    ),
    "E104": Code(
        "bracket not closed",
        "A `(`, a `[` or the `{` of a map is open where something comes that cannot stand inside of it.",
    ),
    "E105": Code(
        "not a word of the language",
        "At this place stands a word that is none of the language's; one that is looks like it, or means the "
        "same.",
    ),
    "E106": Code(
        "nested too deep",
        "Brackets, blocks and operators may be nested 200 deep. Name inner parts with `let`, or make them "
        "flows or funcs.",
    ),
    "E107": Code(
        "too long",
        "A script has at most 1 MiB and 100,000 words and signs, those in texts and comments included; a "
        "text in it has 16 KiB. Split it into modules; long lists and tables belong in files and databases.",
    ),
    "E108": Code(
        "character that may not stand here",
        "Control characters, surrogates and signs that turn the direction of writing would make a script "
        "look other than it reads. In text they are written by number: `\\u{202E}`.",
    ),
    "E109": Code(
        "reserved word",
        "`true`, `false`, `none`, `not`, `and`, `or` and `in` cannot be names. In a map write them as text.",
    ),
    "E110": Code(
        "operator of another language",
        "`&&`, `||`, `!` and single `&` and `|` are not operators here. Write `and`, `or` and `not`.",
    ),
    "E111": Code(
        "comparisons do not chain",
        "`a < b < c` has no meaning. Write `a < b and b < c`; to compare the outcome of a comparison, "
        "put it in brackets.",
    ),
    "E112": Code(
        "unknown escape",
        "After a backslash in text there stands n, r, t, a backslash, a quote, a dollar sign or u{…} "
        "with a character's number in hexadecimal. For text with many backslashes use raw text in single "
        "quotes.",
    ),
    "E113": Code(
        "not an E.164 number",
        "A phone number is `+`, the country code and the rest, at most 15 digits, and nothing between "
        "them: no spaces, dots, brackets or hyphens. Numbers that are no E.164 numbers, such as "
        "extensions, are written as text.",
    ),
    "E114": Code(
        "not a duration",
        "A duration is a whole number and one unit: ms, s, m, h or d (24 hours). `1.5h` is written `90m`.",
    ),
    "E115": Code(
        "number too large",
        "Whole numbers have 64 bits, durations 64 bits of microseconds, decimals 28 digits.",
    ),
    "E117": Code(
        "regex that RE2 does not take",
        "Regexes are RE2's, which knows neither lookaround nor back references, so that no text can make "
        "them slow. Flags are i (either case), m (^ and $ at each line) and s (a dot matches a line's "
        "end).",
    ),
    "E118": Code(
        "`+` before a digit",
        "A `+` directly before a digit begins a phone number. To add, put a space between them.",
    ),
    "E119": Code(
        "what is called is no name",
        "Before the parentheses of a call stands a name, or a module and a name: `f(x)`, "
        "`hours.weekly(x)`. Calls, flows and functions are no values.",
    ),
    "E120": Code(
        "key given twice",
        "A map has each key once. What a spread brings in may be replaced by a key written after it.",
    ),
    "E121": Code(
        "clause given twice",
        "Each clause of a route, and each `with` of an expectation, stands once.",
    ),
    "E122": Code(
        "not a channel",
        "Routes exist for call, sms, email, chat, webhook, schedule and outbound call.",
    ),
    "E123": Code(
        "not a priority",
        "A route's priority is a whole number from 0 to 99; without one it is 50. The highest is asked "
        "first.",
    ),
    "E124": Code(
        "call wants its parentheses",
        "A call that is a whole statement may leave out its parentheses, unless the first argument "
        "begins with `(`, `[`, `{`, `-` or `/`.",
    ),
    "E125": Code(
        "only names are assigned",
        "Values never change. Give the name a new value: `m = {...m, field: value}`.",
    ),
    "E126": Code(
        "no assignment with an operator",
        "There is no `+=` and its like. Write `n = n + 1`.",
    ),
    "E127": Code(
        "`try` alone",
        "A `try` has a `catch`, a `finally` or both, each on the line of the `}` before it.",
    ),
    "E128": Code(
        "`else`, `catch` or `finally` on a line of its own",
        "A line's end ends the statement, so these stand on the line of the `}` that they follow.",
    ),
    "E129": Code(
        "`=` in a condition",
        "`=` gives a name its value and is no expression. `==` compares.",
    ),
    "E130": Code(
        "secret in a test",
        "A test knows no secrets: `let` stands alone there.",
    ),
    "E131": Code(
        "value alone",
        "A statement is a call or begins with a word such as `let`, `if` or `wait`. A value that nobody uses "
        "does nothing.",
    ),
    "E132": Code(
        "only handlers",
        "The block behind a call holds `on` handlers, which live as long as the action.",
    ),
    "E133": Code(
        "comma between arms",
        "Commas part the patterns of one arm. Arms are parted by line ends or `;`.",
    ),
}
