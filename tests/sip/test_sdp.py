"""Session descriptions, and offer/answer after RFC 3264."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlang.sip import MediaSession, SdpError, SessionDescription, parse_sdp
from flowlang.sip.sdp import Media, Origin
from tests.sip.wire import HERE, SDP, session

HEAD = "v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"


def offer(text: str, head: str = HEAD) -> SessionDescription:
    return parse_sdp((head + text).encode())


def answered(text: str, head: str = HEAD) -> tuple[MediaSession, SessionDescription]:
    media = session()
    answer = media.answer(offer(text, head))
    assert answer is not None
    return media, answer


def test_a_description_prints_as_it_came() -> None:
    assert parse_sdp(SDP.encode()).encode() == SDP.encode()


@pytest.mark.parametrize(
    "text",
    [
        "v=0\n",
        "v=0\r\ns=\r\nm=audio 4000 RTP/AVP 0\r\n",
        "v=0\r\no=a 1 1 IN IP4 host.example\r\ns= \r\nm=audio 4000/2 RTP/AVP 0\r\nc=IN IP6 ::1\r\n",
        "v=0\r\ne=a@b\r\np=1\r\nb=AS:64\r\nz=0 0\r\nr=1 2\r\nk=x\r\n",
    ],
)
def test_what_is_missing_or_strange_is_tolerated(text: str) -> None:
    parse_sdp(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=1\r\n",
        "hello",
        "v=0\r\nm=audio\r\n",
        "v=0\r\nm=audio 70000 RTP/AVP 0\r\n",
        "v=0\r\nc=IN IP4\r\n",
        "v=0\r\n=\r\n",
        "v=0\r\no=a b c\r\n",
        "v=0\r\n" + "a=x\r\n" * 1001,
        "v=0\r\n" + "m=audio 1 RTP/AVP 0\r\n" * 33,
        "v=0\r\nm=audio 1 RTP/AVP" + " 0" * 65,
        "v=0\r\na=x\0y\r\n",
        "v=0\r\na=x\ry\r\n",
    ],
)
def test_what_is_no_description_is_refused(text: str) -> None:
    with pytest.raises(SdpError):
        parse_sdp(text.encode())


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(data: bytes) -> None:
    for body in (data, b"v=0\r\n" + data):
        try:
            description = parse_sdp(body)
        except SdpError:
            continue
        session().answer(description)


def test_nothing_that_breaks_a_line_is_printed() -> None:
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        SessionDescription(Origin(1, 1, "192.0.2.1"), "192.0.2.1", (), name="a\r\nm=audio").encode()
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        SessionDescription(None, None, (Media("audio", 1, "RTP/AVP", ("0\r\na=x",)),)).encode()


def test_the_answer_uses_the_payload_types_of_the_offer() -> None:
    media, answer = answered(
        "m=audio 4000 RTP/AVP 97 96 98\r\na=rtpmap:96 pcma/8000/1\r\na=rtpmap:97 opus/48000/2\r\n"
        "a=rtpmap:98 telephone-event/8000\r\n"
    )
    line = answer.media[0]
    assert (line.port, line.formats) == (5004, ("96", "98"))
    assert ("rtpmap", "96 PCMA/8000") in line.attributes
    assert ("rtpmap", "98 telephone-event/8000") in line.attributes
    stream = media.audio
    assert stream is not None
    assert (stream.codec, stream.payload_type, stream.receive_type) == ("PCMA", 96, 96)
    assert (stream.event_type, stream.event_receive_type) == (98, 98)
    assert (stream.remote_host, stream.remote_port) == ("192.0.2.2", 4000)


def test_an_offer_of_ours_keeps_the_numbers_of_the_peer_and_gives_none_twice() -> None:
    media, _ = answered(
        "m=audio 4000 RTP/AVP 101 8\r\na=rtpmap:101 PCMU/8000\r\na=rtpmap:8 telephone-event/8000\r\n"
    )
    line = media.offer().media[0]
    numbers = dict(value.split(" ") for name, value in line.attributes if name == "rtpmap" and value)
    assert set(numbers) == set(line.formats)
    assert (numbers["101"], numbers["8"]) == ("PCMU/8000", "telephone-event/8000")
    assert sorted(numbers.values()) == ["PCMA/8000", "PCMU/8000", "telephone-event/8000"]


def test_the_offerer_s_order_decides() -> None:
    assert answered("m=audio 4000 RTP/AVP 8 0\r\n")[0].audio.codec == "PCMA"  # type: ignore[union-attr]
    assert answered("m=audio 4000 RTP/AVP 0 8\r\n")[0].audio.codec == "PCMU"  # type: ignore[union-attr]


def test_telephone_events_only_where_offered_and_only_at_8000_hz() -> None:
    for text in (
        "m=audio 4000 RTP/AVP 0\r\n",
        "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/48000\r\n",
    ):
        media, answer = answered(text)
        assert answer.media[0].formats == ("0",)
        assert media.audio is not None
        assert media.audio.event_type is None


def test_every_line_is_answered_in_order_and_unwanted_ones_with_port_0() -> None:
    _, answer = answered(
        "m=video 6000 RTP/AVP 31\r\nm=audio 0 RTP/AVP 0\r\nm=audio 4002 RTP/SAVP 0\r\n"
        "m=audio 4000 RTP/AVP 0\r\nm=audio 4004 RTP/AVP 8\r\nm=image 7000 udptl t38\r\n"
    )
    assert [(line.kind, line.port, line.protocol) for line in answer.media] == [
        ("video", 0, "RTP/AVP"),
        ("audio", 0, "RTP/AVP"),
        ("audio", 0, "RTP/SAVP"),
        ("audio", 5004, "RTP/AVP"),
        ("audio", 0, "RTP/AVP"),
        ("image", 0, "udptl"),
    ]
    assert answer.media[5].formats == ("t38",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "m=video 6000 RTP/AVP 31\r\n",
        "m=audio 4000 RTP/AVP 9 18\r\n",
        "m=audio 0 RTP/AVP 0\r\n",
        "m=audio 4000 RTP/SAVP 0\r\n",
        "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/16000\r\n",
        "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 224.2.1.1/127\r\n",
        "m=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n",
        "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 host.example\r\n",
        "m=audio 4000 RTP/AVP 101\r\na=rtpmap:101 telephone-event/8000\r\n",
        "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 255.255.255.255\r\n",
    ],
)
def test_where_nothing_fits_there_is_no_answer(text: str) -> None:
    media = session()
    assert media.answer(offer(text)) is None
    assert media.audio is None


@pytest.mark.parametrize(
    ("theirs", "ours", "held"),
    [
        ("a=sendrecv\r\n", "sendrecv", False),
        ("", "sendrecv", False),
        ("a=sendonly\r\n", "recvonly", True),
        ("a=recvonly\r\n", "sendonly", False),
        ("a=inactive\r\n", "inactive", True),
        ("c=IN IP4 0.0.0.0\r\n", "recvonly", True),
        ("c=IN IP4 0.0.0.0\r\na=recvonly\r\n", "inactive", True),
    ],
)
def test_directions_are_mirrored(theirs: str, ours: str, held: bool) -> None:
    media, answer = answered(f"m=audio 4000 RTP/AVP 0\r\n{theirs}")
    assert answer.media[0].has(ours)
    assert media.audio is not None
    assert (media.audio.direction, media.audio.held) == (ours, held)


def test_a_direction_of_the_session_counts_where_the_line_has_none() -> None:
    _, answer = answered("m=audio 4000 RTP/AVP 0\r\n", HEAD + "a=sendonly\r\n")
    assert answer.media[0].has("recvonly")


def test_after_a_hold_the_direction_is_what_both_want_not_what_was() -> None:
    media, _ = answered("m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n")
    answer = media.answer(offer("m=audio 4000 RTP/AVP 0\r\n"))
    assert answer is not None
    assert answer.media[0].has("sendrecv")


@pytest.mark.parametrize(
    ("lines", "ptime"),
    [
        ("", 20),
        ("a=ptime:10\r\n", 10),
        ("a=ptime:30\r\n", 30),
        ("a=ptime:60\r\n", 60),
        ("a=ptime:200\r\n", 60),
        ("a=ptime:25\r\n", 20),
        ("a=ptime:5\r\n", 10),
        ("a=ptime:x\r\n", 20),
        ("a=ptime:0\r\n", 20),
        ("a=ptime:20.0\r\n", 20),
        ("a=maxptime:10\r\n", 10),
        ("a=ptime:40\r\na=maxptime:30\r\n", 30),
        ("a=maxptime:150\r\n", 20),
        ("a=ptime:99999999\r\n", 20),
    ],
)
def test_ptime_is_honoured_from_10_to_60(lines: str, ptime: int) -> None:
    media, answer = answered("m=audio 4000 RTP/AVP 0\r\n" + lines)
    assert media.audio is not None
    assert media.audio.ptime == ptime
    assert answer.media[0].attribute("ptime") == str(ptime)


def test_the_version_rises_with_each_change_and_only_then() -> None:
    media = session()
    versions: list[int] = []
    for text in ("", "", "a=sendonly\r\n", "a=sendonly\r\n", "a=sendrecv\r\n"):
        answer = media.answer(offer("m=audio 4000 RTP/AVP 0\r\n" + text))
        assert answer is not None
        assert answer.origin is not None
        versions.append(answer.origin.version)
    assert versions == [1, 1, 2, 2, 3]


def test_the_answer_repeats_the_time_of_the_offer() -> None:
    _, answer = answered("m=audio 4000 RTP/AVP 0\r\n", HEAD.replace("t=0 0", "t=3338481189 3370017201"))
    assert answer.times == ("3338481189 3370017201",)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "host.example", ""])
def test_an_address_that_nobody_can_send_to_is_never_advertised(host: str) -> None:
    with pytest.raises(ValueError, match="media address"):
        MediaSession(host, 5004, 1)


def test_ipv6_is_written_as_such() -> None:
    media = MediaSession("2001:db8::1", 5004, 1)
    assert b"c=IN IP6 2001:db8::1\r\n" in media.offer().encode()
    head = HEAD.replace("c=IN IP4 192.0.2.2", "c=IN IP6 2001:db8::2")
    assert media.answer(offer("m=audio 4000 RTP/AVP 0\r\n", head)) is not None


def test_an_offer_and_its_answer_agree() -> None:
    ours, theirs = session(), MediaSession("192.0.2.2", 6004, 2, codecs=("PCMA",))
    answer = theirs.answer(parse_sdp(ours.offer().encode()))
    assert answer is not None
    assert ours.read_answer(parse_sdp(answer.encode()))
    assert ours.audio is not None
    assert theirs.audio is not None
    assert (ours.audio.codec, theirs.audio.codec) == ("PCMA", "PCMA")
    assert (ours.audio.remote_host, ours.audio.remote_port) == ("192.0.2.2", 6004)
    assert (theirs.audio.remote_host, theirs.audio.remote_port) == (HERE.host, 5004)
    assert ours.audio.event_type == 101


def test_an_answer_may_number_its_own_payload_types() -> None:
    media = session()
    media.offer()
    text = "m=audio 4000 RTP/AVP 8 97\r\na=rtpmap:97 telephone-event/8000\r\na=ptime:30\r\n"
    assert media.read_answer(offer(text))
    assert media.audio is not None
    assert (media.audio.payload_type, media.audio.event_type, media.audio.event_receive_type) == (8, 97, 101)
    assert media.audio.ptime == 30


@pytest.mark.parametrize(
    "text", ["", "m=audio 0 RTP/AVP 0\r\n", "m=audio 1 RTP/AVP 9\r\n", "m=audio 1 RTP/AVP 0\r\n" * 2]
)
def test_an_answer_that_gives_no_audio_is_none(text: str) -> None:
    media = session()
    media.offer()
    assert not media.read_answer(offer(text))
    assert media.audio is None


def test_an_answer_without_an_offer_is_none() -> None:
    assert not session().read_answer(offer("m=audio 4000 RTP/AVP 0\r\n"))


def test_a_new_offer_keeps_the_lines_of_the_session() -> None:
    media, _ = answered("m=video 6000 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 96 0\r\na=rtpmap:96 PCMA/8000\r\n")
    media.wanted = "sendonly"
    again = media.offer()
    assert [(line.kind, line.port) for line in again.media] == [("video", 0), ("audio", 5004)]
    assert again.media[1].formats == ("0", "96", "101")
    assert again.media[1].has("sendonly")
    assert media.read_answer(
        offer("m=video 0 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMA/8000\r\na=recvonly\r\n")
    )
    assert media.audio is not None
    assert (media.audio.direction, media.audio.sends, media.audio.receives) == ("sendonly", True, False)
