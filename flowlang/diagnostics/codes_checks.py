"""The codes of the checker. See `codes` for what the numbers mean."""

from __future__ import annotations

from .code import Code

NAMES: dict[str, Code] = {
    "E201": Code(
        "unknown name",
        "Nothing of that name can be seen from here: no variable, constant, flow, function or action. A "
        "variable lives from its `let` to the end of the block that the `let` stands in.",
    ),
    "E202": Code(
        "name that cannot be assigned",
        "Only variables made with `let`, and parameters, can be given another value with `=`. Constants, "
        "the names of `for` and `as`, and what every script has (`call`, `caller`, `flow`) stay as they "
        "are.",
    ),
    "E203": Code(
        "declared twice",
        "The name is there already, at the same level: two declarations of a script, two `let`s of a "
        "block, two loops inside one another with one label, or two streams running under one name. "
        "Which one is meant could not be told.",
    ),
    "E204": Code(
        "name hides another",
        "An inner block may not give a name of an outer one a second meaning. Handlers and streams share "
        "the names of the block around them, so a `let` in one of them that hides a name is nearly "
        "always a forgotten assignment.",
    ),
    "E205": Code(
        "used before its `let`",
        "The variable is made further down in this block. Statements run in the order written; a handler "
        "sees only the names that are there where it is set up.",
    ),
    "E206": Code(
        "wrong kind of name",
        "Some names have a value (variables, constants, parameters), others are called (flows, "
        "functions, actions). A value cannot be called, what is called is no value, and values have no "
        "functions of their own: write `upper(name)`, not `name.upper()`.",
    ),
    "E207": Code(
        "unknown field",
        "The value has no field of that name. The fields of `call`, `caller`, `flow`, of events and of "
        "outcomes are declared. `?.` gives `none` where a field is missing.",
    ),
    "E208": Code(
        "unknown outcome",
        "In a pattern a bare word is the name of a declared outcome. To compare with a text, put it in "
        "quotes.",
    ),
    "E209": Code(
        "event that nothing can raise",
        "No channel, no action and no `emit` of this script raises an event of that name: the handler "
        "would never run.",
    ),
    "E210": Code(
        "unknown stream",
        "`join` and `cancel` name a stream begun further up, in this block or one around it. The streams "
        "of a called or calling flow cannot be seen.",
    ),
    "E211": Code(
        "name already taken",
        "The language has this name for something of its own: an action, a built-in function, an event "
        "from outside, or one of `call`, `caller` and `flow`.",
    ),
}

VALUES: dict[str, Code] = {
    "E301": Code("unknown argument", "What is called has no parameter of that name."),
    "E302": Code("missing argument", "A parameter without a default is not given."),
    "E303": Code("too many arguments", "There are more arguments than parameters."),
    "E304": Code(
        "argument given twice",
        "One parameter gets two values: by its place and by its name, or twice by name.",
    ),
    "E305": Code(
        "value of a wrong type",
        "The value is surely of a type that cannot stand here. What may be right is let through, and "
        "looked at again when the script runs.",
    ),
    "E306": Code(
        "argument in a wrong place",
        "Arguments by place come first, those by name behind them. Most parameters of actions are given "
        "by name only, so that a call can be read.",
    ),
    "E307": Code(
        "no boolean",
        "`if`, `while`, `when`, `and`, `or` and `not` take `true` or `false`. No other value counts as "
        "one of them: an empty text, zero and `none` have to be compared.",
    ),
    "E308": Code(
        "`+` between texts",
        'Texts are built with `${}`: `"Hello ${name}"`. `+` adds numbers and durations and joins lists.',
    ),
    "E309": Code("operator that does not fit", "The operator cannot work on values of these types."),
    "E310": Code(
        "handlers on what is no action",
        "A block of handlers behind a call lives as long as the action. Flows and functions have none; "
        "set the handlers up before the call instead, or inside the flow.",
    ),
    "E312": Code(
        "value that is not allowed",
        "The value is of a right type, but out of the range or none of the choices that the parameter has.",
    ),
    "E313": Code(
        "value that has to be constant",
        "What another program carries out, such as a statement for a data base, is never built while the "
        "script runs, so that nobody's text becomes a part of it. It is a text without `${…}`, or a `const`; "
        "the values that it works on are given beside it.",
    ),
    "E311": Code(
        "pattern on an event without text",
        "Patterns behind `on NAME` are compared with the text of the event. This one has none; use `as e "
        "when …`.",
    ),
}

CHANNELS: dict[str, Code] = {
    "E401": Code(
        "action that the channel cannot do",
        "A route leads to this action on a channel where it does not exist, such as `play` in an SMS "
        "thread. The message tells the way from the route. Let the route lead to another flow, or say it "
        "in a way that every channel can do: `say` and `ask` work everywhere.",
    ),
    "E402": Code(
        "event that the channel does not have",
        "A route leads to this handler on a channel where the event cannot come, such as `dtmf` in an "
        "SMS thread.",
    ),
    "E403": Code(
        "`call` where there is no call",
        "`call.id`, `call.to` and `call.from` are there when a call is what the flow runs on. A route of "
        "another channel leads here. `caller` and `flow` are there on all channels.",
    ),
    "E404": Code(
        "needs a caller where there is none",
        "`start` begins an activeflow of its own, with nobody on the line. What speaks to a caller or "
        "hears from one cannot work in it.",
    ),
    "E405": Code(
        "backend that cannot do it",
        "A route leads to a flow that needs something which no backend of this engine can do on that "
        "channel. Let the route lead to another flow, or run the script with a backend that can.",
    ),
    "E407": Code(
        "outlet that no backend has",
        "The script sends a message, asks another machine or keeps a value, and no backend of this engine "
        "can do that: a script is refused before it has to tell its first caller so. Set a backend up in "
        "`[backends.NAME]` of `flow.toml`; `flow backends` lists the kinds.",
    ),
    "E408": Code(
        "name that flow.toml does not have",
        "The first argument of `sql.query` and `sql.run` is a data base in `connections` of a section with "
        '`kind = "sql"`, `to` of `notify` one of `services` of a section with `kind = "notify"`, without it '
        "`default`. To any other name the action would fail each time.",
    ),
    "E406": Code(
        "nobody there any more",
        "The caller is surely gone here: behind a `hangup`, `reject` or `redirect`, behind a `transfer` that "
        "came to something, or in a handler of `hangup`. "
        "Messages and data still work. Where the caller may be gone, the action has the outcome `gone`.",
    ),
}

CONTROL: dict[str, Code] = {
    "E501": Code(
        "no loop around",
        "`break` and `continue` belong to a loop. In a handler or stream it is the one around it.",
    ),
    "E502": Code(
        "unknown label",
        "A label names a loop around the statement, as in `menu: loop { … continue menu … }`.",
    ),
    "E503": Code(
        "outcomes not looked at",
        "A `match` on the outcome of an action names all of them or ends with `_`. Arms with `when` do "
        "not count, as they may not be taken.",
    ),
    "E504": Code(
        "something pure that acts",
        "A `func`, a constant, a default and a route's address give the same for the same arguments: no "
        "action, no event, no clock, no chance, nothing of the call. A route's condition may look at "
        "time and caller.",
    ),
    "E505": Code("constant made of itself", "Working out the constant needs its own value."),
    "E506": Code(
        "exit out of a `finally`",
        "A `finally` runs while the flow is on its way somewhere; `break`, `continue` and `return` may "
        "not turn it away. `stop` is allowed.",
    ),
    "E507": Code(
        "`continue` in an action's own block",
        "There is nothing to go on with: `break` cancels the action, `continue LABEL` goes on with a "
        "loop around it.",
    ),
    "E508": Code(
        "stream that waits for itself", "`join` inside of the stream that it names would never end."
    ),
    "E509": Code("`raise` without a value", "Only in a `catch` there is a fault to raise again."),
    "E510": Code(
        "flow without its outcome",
        "A flow that declares outcomes, as in `flow f -> done | failed`, returns one of them on every way: "
        '`return done`, or with fields `return failed(reason: "…")`.',
    ),
}

ROUTES: dict[str, Code] = {
    "E601": Code(
        "module not found",
        'A module of the standard library is written `use "std/hours"`, one of your own by its path from the '
        'script, without `.flow`: `use "./greetings"`. It lies in the folder of the script or below it.',
    ),
    "E602": Code(
        "modules that use each other",
        "A module may use others, but not one that, over however many, uses it. Put what both need into a "
        "module of its own.",
    ),
    "E603": Code(
        "address that is none",
        "An address is an E.164 number such as +14155550100, or a text with a scheme: `tel:`, `sip:`, "
        "`sips:`, `sms:`, `mailto:` or `chat:`. In a route it may also be an extension, a word without "
        "spaces, brackets and hyphens, and contain `*` and `?`.",
    ),
    "E604": Code(
        "missing sound file", "The path, looked up from the folder of the script, leads to no file."
    ),
    "E605": Code(
        "path out of its folder",
        "Prompts lie in the folder of the script or below it, recordings below that of recordings: no "
        "absolute path, no `..`.",
    ),
    "E606": Code(
        "constant that cannot be worked out",
        "Constants and the addresses of routes are worked out before anything runs. This one divides by "
        "zero, overflows, never ends, or calls a `func` that does; the message says what went wrong.",
    ),
    "E607": Code(
        "not in a module",
        "Routes and the policy belong to the script that is run, and bind its modules too. A module has "
        "flows, functions, constants and tests.",
    ),
    "E608": Code(
        "module without a name",
        "A module is called by the end of its path. Where that is no name, as in `my-hours`, `as` gives one.",
    ),
    "E609": Code(
        "rule that no policy has",
        "A policy allows `dial`, `sms`, `email`, `chat`, `http` and `sql` to destinations that are constant "
        "texts, with `*` for any characters, and each `header` of a call by its name; it limits the "
        "`duration` of an activeflow and the number of its `legs`: "
        '`policy { allow dial "sip:*@clinic.example"; limit duration 1h; limit legs 4 }`.',
    ),
    "E610": Code(
        "second policy", "A script has one policy, so that all that is allowed stands in one place."
    ),
    "E611": Code(
        "beyond the policy",
        "The policy of the script that is run says whom its flows, and those of its modules, may reach. This "
        "action would be refused each time. Allow its destination, or leave it alone.",
    ),
    "E613": Code(
        "sound file that cannot be played",
        "Prompts are WAV files: PCM of 8 to 32 bits, 32-bit float, A-law or mu-law, mono or stereo, 8 to 48 "
        "kHz, half an hour at most.",
    ),
    "E612": Code(
        "reaching out without a policy",
        "Calls, messages and requests cost money and may harm people. A script says whom it may reach: "
        '`policy { allow dial "sip:*@clinic.example" }`. The operator has to allow it besides.',
    ),
}

TESTS: dict[str, Code] = {
    "E701": Code(
        "not for a test",
        "In a test the parties act and something is expected of the flows. Of the script only functions are "
        "called; actions, flows and what belongs to an activeflow are not at hand. What comes in stands by "
        "itself: `let a = call(…)`.",
    ),
}

SETTINGS: dict[str, Code] = {
    "E801": Code(
        "settings that are no TOML",
        "`flow.toml` is TOML 1.0 in UTF-8; what the reader stumbled over may be a line further up.",
    ),
    "E802": Code(
        "unknown setting",
        "There is no such section of `flow.toml`, or the section has no such key. Nothing is passed over in "
        "silence, so that a misspelt setting is not taken for one that holds.",
    ),
    "E803": Code(
        "setting of a wrong kind", "The setting takes other values, or one that it needs is missing."
    ),
    "E804": Code(
        "host's action that cannot be used",
        "An action of `flow.toml` or of the entry point group `flowlang.actions` has a name that is taken, "
        "or what it names in Python cannot be imported, is no `HostAction` or function, or does not take the "
        "parameters that are declared. Modules beside `flow.toml` and installed ones can be imported.",
    ),
    "E805": Code(
        "backend that cannot be made",
        "A section `[backends.NAME]` of `flow.toml` has a `kind` that no installed package has, or the kind "
        "cannot make a backend of the other settings, or an earlier section is for the same outlet already, "
        "of which a project has one. `flow backends` lists the kinds.",
    ),
}

NOT_YET: dict[str, Code] = {
    "E902": Code(
        "action not run by this version",
        "The action is part of the language, but this version does not run it.",
    ),
    "E903": Code(
        "event not raised by this version", "The event comes of actions that this version does not run."
    ),
}

WARNINGS: dict[str, Code] = {
    "W201": Code(
        "name that nobody reads",
        "The value is never used, or nothing goes to the label. A name that begins with `_` says that this "
        "is meant. Parameters are left alone: callers give them by name.",
    ),
    "W202": Code(
        "declaration that nothing uses",
        "No route leads to the flow, or nothing uses the constant, function or module. A flow with a `##` "
        "comment may be started from outside. Flows, functions and constants are looked at only in scripts "
        "with routes: others may be modules.",
    ),
    "W203": Code(
        "name that hides an outcome",
        "The flow declares an outcome of that name. Where the variable or parameter is to be seen, `return "
        "NAME` gives its value, and the outcome can only be had with parentheses: `return NAME()`.",
    ),
    "W501": Code("code that nothing reaches", "The statement above always leaves the block, or never ends."),
    "W502": Code(
        "pattern that is never looked at", "A pattern further up takes everything that this one would."
    ),
    "W504": Code(
        "outcome that nobody looks at",
        "A call may be busy, rejected, or not answered. A `dial` as a whole statement goes on as if all were "
        "well; with `match` the caller is told.",
    ),
    "W505": Code(
        "loop that waits for ever",
        "An activeflow keeps what it was told, up to 5,000 inputs: then the fault `history_full` ends it. "
        "Outside of a call nobody hangs up, so a loop that waits for ever comes to that. `handoff` lets it "
        "go on with an empty history; a `break`, a `return`, a `stop` or a `within` gives it an end.",
    ),
    "W506": Code(
        "stream that nobody waits for",
        "The stream sends or stores something, and nothing joins it: when its block ends it is cut off, "
        "whatever it was about to do. `join` waits for it, `cancel` says that it may be cut off; one that "
        "has no end of its own is meant to be, and left alone.",
    ),
    "W503": Code(
        "comparison that is always the same",
        'Values of different types are never equal; only an integer may equal a decimal. `1 == "1"` is '
        "false.",
    ),
    "W507": Code(
        "answer that opts out",
        "A message that is nothing but an opt-out word, as `Cancel` or `stop`, reaches no flow: the person "
        "gets no more messages, and his activeflow ends. An `ask` that is reached on such a channel offers "
        "another word; or the operator has other ones, by `opt_out` and `opt_out_channels` in `[messages]` "
        "of flow.toml.",
    ),
    "W701": Code("test that expects nothing", "Without an `expect` a test can hardly fail."),
    "W601": Code(
        "route that is never taken",
        "A better route, of higher priority or written first, has the same clauses and no condition.",
    ),
    "W801": Code(
        "file of the settings that is not there",
        "A setting names a file or a folder, and from the folder of flow.toml nothing is there. Where the "
        "project is only checked that may be right; `flow serve` there would not begin, or attach nothing.",
    ),
    "W602": Code(
        "route for what nothing brings",
        "No section of flow.toml has the webhook, schedule, chat or mail address that the route is for, or "
        "none takes in what comes on its channel, or no trunk, listener or account has the name behind "
        "`via`. Looked at are texts and constants, beside a flow.toml, by `flow check`.",
    ),
}

CHECK_CODES: dict[str, Code] = (
    NAMES | VALUES | CHANNELS | CONTROL | ROUTES | TESTS | SETTINGS | NOT_YET | WARNINGS
)
