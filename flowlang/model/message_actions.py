"""The actions that send messages, ask other machines, and keep values: each declared once, see `action`.

They work on every channel, for none of them needs the caller. How a message or request ended is an outcome;
only a mistake of the script (no address, a line break in a subject) and a missing backend are faults. What a
gateway that does not answer leaves open is the outcome `unknown`. After a crash a message goes out again
under the same key: a peer that knows keys drops it, another may have it twice, and none has it never.
"""

from __future__ import annotations

from .action import Action, OutcomeType, Parameter, Reach, Recovery

_SENT = (
    OutcomeType("sent", ("id",), "it was given out; `id` is what delivery reports call it"),
    OutcomeType(
        "failed",
        ("reason", "detail"),
        "it will not go out, and why: `carrier_down`, `rejected`, `busy`, `too_large`, …; `detail` is what "
        "the carrier says, for people, `none` where it says nothing",
    ),
    OutcomeType("unknown", (), "it was given out, and nobody can say whether it goes on from there"),
)
_ANSWERED = (
    OutcomeType("ok", ("status", "text", "data", "headers"),
                "the answer's status is 200 to 299; `data` is its JSON as a value, `none` if it is no JSON; "
                "`headers` have small letters"),
    OutcomeType("failed", ("status", "reason", "text", "data"),
                "another status, or no answer at all; then `status` is `none`"),
)  # fmt: skip
_POSTED = (
    *_ANSWERED,
    OutcomeType("unknown", (), "it was sent, no answer came, and to send it again might do it twice"),
)

_TEXT = Parameter("text", ("text",), "the message")
_FROM = Parameter("from", ("text",), "the sender; without it the one that the operator has set", None)
_URL = Parameter("url", ("text",), "an address with `https://` or `http://`", by_place=True)
_QUERY = Parameter("query", ("map",), "what comes behind the `?`, encoded for it", None)
_HEADERS = Parameter("headers", ("map",), "further headers, each a text", None)
_TIMEOUT = Parameter("timeout", ("duration",), "how long to wait for the answer; without it 10 s", None)
_JSON = Parameter("json", ("any",), "what is sent, as JSON", None)
_BODY = Parameter("text", ("text",), "what is sent, as plain text, where there is no `json`", None)
_KEY = Parameter("key", ("text",), "the name of the value", by_place=True)
_AT_URL = Reach("url", "http")
_STATEMENTS = (
    Parameter("connection", ("text",), "the data base's name in `flow.toml`", by_place=True),
    Parameter(
        "statement",
        ("text",),
        "one statement of SQL, with a `?` for each value",
        by_place=True,
        constant=True,
    ),
    Parameter("values", ("any",), "`none`, booleans, numbers, texts, times", (), by_place=True, many=True),
)


def _http(method: str, doc: str, parameters: tuple[Parameter, ...], recovery: Recovery = "unknown") -> Action:
    rest = (_QUERY, *parameters, _HEADERS, _TIMEOUT)
    outcomes = _POSTED if method == "post" else _ANSWERED
    return Action(
        f"http.{method}", doc, (_URL, *rest), outcomes, recovery=recovery, sends="http", reach=_AT_URL
    )


MESSAGE_ACTIONS = (
    Action(
        "sms",
        "Sends a text message to a phone.",
        (Parameter("to", ("text",), "a number or an `sms:` address"), _TEXT, _FROM),
        _SENT,
        sends="sms",
        recovery="repeat",
        reach=Reach("to", "sms"),
    ),
    Action(
        "email",
        "Sends an e-mail to one address.",
        (
            Parameter("to", ("text",), "a `mailto:` address, also without its scheme"),
            Parameter("subject", ("text",), "one line"),
            Parameter("body", ("text",), "the plain text"),
            Parameter("html", ("text",), "the same as HTML, for readers that show it", None),
            Parameter("attachments", ("list",), "files below folders that the operator names", ()),
            _FROM,
        ),
        _SENT,
        sends="email",
        recovery="repeat",
        reach=Reach("to", "email"),
    ),
    Action(
        "chat",
        "Sends a message to somebody's chat.",
        (Parameter("to", ("text",), "a `chat:` address"), _TEXT),
        _SENT,
        sends="chat",
        recovery="repeat",
        reach=Reach("to", "chat"),
    ),
    Action(
        "send",
        "Writes in the thread; with `to` a message to that address, its scheme saying on which channel.",
        (
            Parameter("text", ("text",), "the message", by_place=True),
            Parameter("to", ("text",), "an address with `sms:`, `mailto:` or `chat:`", None),
            Parameter("subject", ("text",), "the subject, where it becomes an e-mail", None),
        ),
        _SENT,
        recovery="repeat",
        reach=Reach("to", None),
    ),
    Action(
        "notify",
        "Tells the people who run this, by a service that the operator has named.",
        (
            Parameter("text", ("text",), "what to tell", by_place=True),
            Parameter("title", ("text",), "one line above it", None),
            Parameter("to", ("text",), "the service's name", "default"),
        ),
        _SENT,
        recovery="repeat",
        sends="notify",
    ),
    Action(
        "webhook",
        "Posts a value as JSON to another machine, signed.",
        (_URL, Parameter("data", ("any",), "the value", by_place=True), _HEADERS, _TIMEOUT),
        _ANSWERED,
        recovery="repeat",
        sends="http",
        reach=_AT_URL,
    ),
    _http("get", "Asks another machine.", (), "repeat"),
    _http("post", "Posts to another machine.", (_JSON, _BODY)),
    _http("put", "Puts a value at another machine.", (_JSON, _BODY), "repeat"),
    _http("delete", "Deletes something at another machine.", (), "repeat"),
    Action(
        "store.get",
        "The value that is kept under a key, by whichever activeflow; else `default`.",
        (_KEY, Parameter("default", ("any",), "what it gives where nothing is kept", None, by_place=True)),
        sends="store",
        recovery="repeat",
    ),
    Action(
        "store.put",
        "Keeps a value under a key, in place of the one before; `none` forgets it.",
        (_KEY, Parameter("value", ("any",), "the value", by_place=True)),
        sends="store",
        recovery="repeat",
    ),
    Action(
        "store.add",
        "Adds to the number under a key, 0 if there is none, and gives the sum; nobody comes between.",
        (_KEY, Parameter("amount", ("number",), "how much", 1, by_place=True)),
        sends="store",
        recovery="repeat",
    ),
    Action(
        "sql.query",
        "Reads from a data base: the rows as a list of maps by the names of the columns, 1,000 at most.",
        _STATEMENTS,
        sends="sql",
        recovery="repeat",
        reach=Reach("connection", "sql"),
    ),
    Action(
        "sql.run",
        "Changes something in a data base; gives how many rows were changed.",
        _STATEMENTS,
        sends="sql",
        reach=Reach("connection", "sql"),
    ),
)
