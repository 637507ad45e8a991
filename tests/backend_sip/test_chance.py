"""Random bits in blocks: as many as asked for, none twice."""

from __future__ import annotations

import pytest

from flowlang.backends.chance import Chance


@pytest.mark.parametrize("size", [0, 1, 8, 4095, 4096, 10_000])
def test_a_token_has_two_hex_digits_for_each_byte(size: int) -> None:
    chance = Chance()
    for _ in range(3):
        token = chance.token(size)
        assert len(token) == 2 * size
        assert set(token) <= set("0123456789abcdef")


@pytest.mark.parametrize("bits", [1, 7, 8, 16, 31, 32, 62])
def test_a_number_has_no_more_bits_than_asked_for_and_uses_them_all(bits: int) -> None:
    chance = Chance()
    seen = 0
    for _ in range(1000):
        number = chance.getrandbits(bits)
        assert 0 <= number < 2**bits
        seen |= number
    assert seen == 2**bits - 1


def test_no_token_comes_twice() -> None:
    chance = Chance()
    assert len({chance.token(8) for _ in range(5000)}) == 5000
