"""Which port pyVoIP gets for the sound of a call."""

from __future__ import annotations

import socket

import pytest

from flowlang.backends.pyvoip import PhoneSettings
from flowlang.backends.pyvoip.phone import RegisteredPhone
from flowlang.model.secrets import Secret
from tests.peers.program import free_port


def test_a_port_of_another_program_is_passed_over() -> None:
    first = free_port(5) // 2 * 2 + 2
    settings = PhoneSettings("127.0.0.1", "desk", Secret("wonder"), rtp_ports=(first, first + 2))
    phone = RegisteredPhone(settings, "127.0.0.1", lambda _call, _news: None, lambda: None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", first))
        assert phone.request_port() == first + 2
        with pytest.raises(OSError, match="no port is left for media"):
            phone.request_port()
    assert phone.request_port() == first
    phone.free_port(first + 2)
    assert phone.request_port() == first + 2
