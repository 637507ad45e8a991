"""What a call of a built-in function costs, in steps of about 0.2 µs, so that a budget of steps is one of
time whatever a script calls. To that comes what it is handed and what it makes (`weights.worked`). By
measure, of the most that a call may take: tests/sandbox/test_prices.py holds an endless loop around each to
the same time.
"""

from __future__ import annotations

from collections.abc import Mapping

PRICES: Mapping[str, int] = {
    "holiday": 1_500,  # the days of a year in a country
    "instant": 25,
    "joined": 2,
    "keys": 2,
    "local": 20,
    "lower": 1,
    "matches": 6,
    "max": 2,
    "min": 2,
    "now": 2,
    "elapsed": 2,
    "number": 5,
    "phone": 350,  # the rules of a numbering plan, on the longest text that is read
    "random": 10,
    "range": 2,
    "replace": 3,
    "reversed": 2,
    "round": 3,
    "slice": 1,
    "seconds": 3,
    "sorted": 3,
    "split": 2,
    "starts_with": 2,
    "ends_with": 2,
    "sum": 2,
    "text": 10,  # of a time
    "trim": 1,
    "upper": 1,
    "values": 2,
}
"""Those that are not here cost no more than the call that the script spells."""
