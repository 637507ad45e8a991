"""Digest authentication, both sides, by the RFCs' own examples and against those who guess and repeat."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowlang.sip import Address, Challenged, Credentials, DigestClient, DigestGuard, Passed, Request
from flowlang.sip.digest.algorithms import ALGORITHMS, Use, response_of, secret_of
from flowlang.sip.digest.fields import read_fields
from flowlang.sip.digest.guesses import FREE, LONGEST
from flowlang.sip.digest.nonces import LIFETIME, Nonces
from flowlang.sip.errors import SipSyntaxError
from flowlang.sip.message import Response

HERE = Address("192.0.2.1", 5060)
SOURCE = Address("192.0.2.7", 5060)


class Token:
    """Digits that nobody has had before."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, size: int) -> str:
        self.count += 1
        return f"{self.count:0{2 * size}x}"[-2 * size :]


def make_guard() -> DigestGuard:
    return DigestGuard("office", {"alice": "wonder"}.get, b"key", Token())


def register() -> Request:
    return Request("REGISTER", "sip:office", {"CSeq": ["1 REGISTER"]})


def answered(guard: DigestGuard, client: DigestClient, now: float = 0.0, source: Address = SOURCE) -> Request:
    """A request with the client's answer to a new challenge."""
    request = register()
    header = client.answer(refusal(guard.challenge(source, now)), request, Token())
    assert header is not None
    request.extend([header])
    return request


def refusal(challenged: Challenged) -> Response:
    response = Response(401, "Unauthorized", {})
    response.extend(challenged.headers)
    return response


def alice(password: str = "wonder") -> DigestClient:  # noqa: S107 - of a test
    return DigestClient(Credentials("alice", password))


RFC_7616 = Use(
    "GET", "/dir/index.html", "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "auth", "00000001",
    "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
)  # fmt: skip


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_rfc_7616(algorithm: str, response: str) -> None:
    secret = secret_of(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life")
    assert response_of(algorithm, secret, RFC_7616) == response


def test_the_example_of_rfc_2617() -> None:
    use = Use("GET", "/dir/index.html", "dcd98b7102dd2f0e8b11d0f600bfb0c093", "auth", "00000001", "0a4f113b")
    secret = secret_of("MD5", "Mufasa", "testrealm@host.com", "Circle Of Life")
    assert response_of("MD5", secret, use) == "6629fae49393a05397450978507c4ef1"


def test_the_password_opens_and_sha_256_is_taken_first() -> None:
    guard = make_guard()
    request = answered(guard, alice())
    assert "algorithm=SHA-256" in request.headers["Authorization"][0]
    assert guard.check(request, SOURCE, 0.0) == Passed("alice")


@pytest.mark.parametrize(
    ("agent", "offered"),
    [
        (None, ["SHA-256", "MD5"]),
        ("Linphone/5.0.2", ["SHA-256", "MD5"]),
        ("baresip v1.0.0 (x86_64/linux)", ["MD5"]),
        ("baresip v3.9.0 (x86_64/Linux)", ["SHA-256", "MD5"]),
    ],
)
def test_each_algorithm_has_a_challenge_of_its_own_the_strongest_first(
    agent: str | None, offered: list[str]
) -> None:
    request = register()
    if agent is not None:
        request.headers["User-Agent"] = [agent]
    verdict = make_guard().check(request, SOURCE, 0.0)
    assert isinstance(verdict, Challenged)
    assert {name for name, _ in verdict.headers} == {"WWW-Authenticate"}
    assert [read_fields(value)["algorithm"] for _, value in verdict.headers] == offered
    nonces = {read_fields(value)["nonce"] for _, value in verdict.headers}
    assert len(nonces) == 1, "one of them is answered, and counted, whichever it is"


def test_a_phone_that_gives_up_at_sha_256_gets_it_where_the_operator_wants_nothing_else() -> None:
    request = register()
    request.headers["User-Agent"] = ["baresip v1.0.0"]
    guard = DigestGuard("office", {"alice": "wonder"}.get, b"key", Token(), ("SHA-256",))
    verdict = guard.check(request, SOURCE, 0.0)
    assert isinstance(verdict, Challenged)
    assert [read_fields(value)["algorithm"] for _, value in verdict.headers] == ["SHA-256"]


def test_without_credentials_nothing_is_kept() -> None:
    guard = make_guard()
    for _ in range(100):
        assert isinstance(guard.check(register(), SOURCE, 0.0), Challenged)
    assert (len(guard._nonces), len(guard._guesses)) == (0, 0)


def test_a_wrong_password_and_a_user_that_there_is_not_get_the_same_answer() -> None:
    guard = make_guard()
    shapes: list[list[str]] = []
    for client in (alice("guess"), DigestClient(Credentials("nobody", "guess"))):
        verdict = guard.check(answered(guard, client), SOURCE, 0.0)
        assert isinstance(verdict, Challenged)
        shapes.append(sorted(read_fields(verdict.headers[0][1])))
    assert shapes[0] == shapes[1]


def test_a_user_that_there_is_not_costs_the_very_work_of_one_that_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed: list[int] = []
    for name, hash_ in tuple(ALGORITHMS.items()):

        def counted(text: bytes, hash_: Callable[[bytes], str] = hash_) -> str:
            hashed.append(len(text))
            return hash_(text)

        monkeypatch.setitem(ALGORITHMS, name, counted)
    works: list[list[int]] = []
    guard = DigestGuard("office", {"alice": "0" * 32}.get, b"key", Token())
    for user in ("alice", "ecila"):
        request = answered(guard, DigestClient(Credentials(user, "guess")))
        hashed.clear()
        assert isinstance(guard.check(request, SOURCE, 0.0), Challenged)
        works.append(list(hashed))
    assert works[0] == works[1] != []


def test_a_repeated_request_proves_nothing() -> None:
    guard = make_guard()
    request = answered(guard, alice())
    assert guard.check(request, SOURCE, 0.0) == Passed("alice")
    again = guard.check(request, SOURCE, 1.0)
    assert isinstance(again, Challenged)
    assert "stale=true" in again.headers[0][1]


def test_the_count_rises_with_each_use_of_a_nonce_and_gaps_are_allowed() -> None:
    guard, client = make_guard(), alice()
    assert guard.check(answered(guard, client), SOURCE, 0.0) == Passed("alice")
    for skipped in (0, 3):
        for _ in range(skipped):
            client.header(register(), Token())
        request = register()
        header = client.header(request, Token())
        assert header is not None
        request.extend([header])
        assert guard.check(request, SOURCE, 1.0) == Passed("alice")


def test_an_old_nonce_is_stale_and_a_forged_one_too() -> None:
    guard = make_guard()
    request = answered(guard, alice())
    late = guard.check(request, SOURCE, LIFETIME)
    assert isinstance(late, Challenged)
    assert "stale=true" in late.headers[0][1]
    other = DigestGuard("office", {"alice": "wonder"}.get, b"another key", Token())
    assert isinstance(guard.check(answered(other, alice()), SOURCE, 0.0), Challenged)


def test_credentials_for_another_request_are_none() -> None:
    guard = make_guard()
    request = answered(guard, alice())
    request.uri = "sip:elsewhere"
    assert isinstance(guard.check(request, SOURCE, 0.0), Challenged)


def test_a_dropped_count_cannot_be_used_again() -> None:
    nonces = Nonces(b"key", Token(), limit=2)
    made = [nonces.new(SOURCE.host, float(second)) for second in range(3)]
    assert all(nonces.use(nonce, 1, SOURCE.host, 3.0) for nonce in made)
    assert not nonces.is_fresh(made[0], SOURCE.host, 3.0)
    assert nonces.is_fresh(made[2], SOURCE.host, 3.0)


def test_a_nonce_of_another_host_is_stale_and_counts_for_no_guess() -> None:
    guard = make_guard()
    for _ in range(FREE + 4):  # fetched at one address, sent with the forged one of another
        refused = guard.check(answered(guard, alice("wrong"), source=HERE), SOURCE, 0.0)
        assert isinstance(refused, Challenged)
        assert "stale=true" in refused.headers[0][1]
    assert len(guard._guesses) == 0
    assert guard.check(answered(guard, alice(), 0.1), SOURCE, 0.1) == Passed("alice")


def test_who_guesses_waits_longer_each_time_and_others_do_not() -> None:
    guard = make_guard()
    for _ in range(FREE + 4):
        guard._guesses.wrong(SOURCE.host, "alice", 0.0)
    assert isinstance(guard.check(answered(guard, alice(), 15.0), SOURCE, 15.0), Challenged)
    assert guard.check(answered(guard, alice(), 15.0, HERE), HERE, 15.0) == Passed("alice")
    assert guard.check(answered(guard, alice(), 17.0), SOURCE, 17.0) == Passed("alice")


def test_no_one_waits_longer_than_the_limit() -> None:
    guard = make_guard()
    for _ in range(1000):
        guard._guesses.wrong(SOURCE.host, "alice", 0.0)
    assert guard._guesses.must_wait(SOURCE.host, "alice", LONGEST - 1)
    assert not guard._guesses.must_wait(SOURCE.host, "alice", LONGEST)


def test_a_client_answers_its_own_realm_alone() -> None:
    client = DigestClient(Credentials("alice", "wonder", realm="carrier"))
    assert client.answer(refusal(make_guard().challenge(SOURCE, 0.0)), register(), Token()) is None


def test_a_client_gives_up_where_the_password_was_wrong_and_tries_again_where_the_nonce_was_old() -> None:
    guard, client = make_guard(), alice()
    request = answered(guard, client)
    assert client.answer(refusal(guard.challenge(SOURCE, 0.0)), request, Token()) is None
    assert client.answer(refusal(guard.challenge(SOURCE, 0.0, stale=True)), request, Token()) is not None


def test_a_client_without_qop_is_understood() -> None:
    guard = make_guard()
    nonce = read_fields(guard.challenge(SOURCE, 0.0).headers[0][1])["nonce"]
    secret = secret_of("MD5", "alice", "office", "wonder")
    response = response_of("MD5", secret, Use("REGISTER", "sip:office", nonce))
    request = register()
    value = f'Digest username="alice",realm="office",nonce="{nonce}",uri="sip:office",response="{response}"'
    request.extend([("Authorization", value)])
    assert guard.check(request, SOURCE, 0.0) == Passed("alice")
    assert isinstance(guard.check(request, SOURCE, 0.0), Challenged)


@pytest.mark.parametrize(
    "value", ["Digest", "Digest a", 'Digest a="b', 'Digest a="1", a="2"', "Digest " + "x" * 5000, ""]
)
def test_what_is_no_list_of_fields_is_refused(value: str) -> None:
    with pytest.raises(SipSyntaxError):
        read_fields(value)


@pytest.mark.parametrize(
    "value",
    ["Basic abc", 'Digest realm="office"', 'Digest realm="office", username="alice", nonce="\u2603", nc=1',
     'Digest realm="office", username="alice", nonce="", response="\u2603"', "Digest", "NoOneKnows x=1"],
)  # fmt: skip
def test_what_is_no_password_is_challenged(value: str) -> None:
    request = register()
    request.extend([("Authorization", value)])
    assert isinstance(make_guard().check(request, SOURCE, 0.0), Challenged)


def asked(realm: str, number: int) -> Response:
    """A proxy's challenge."""
    value = f'Digest realm="{realm}", nonce="{number}", qop="auth"'
    return Response(407, "Proxy Authentication Required", {"Proxy-Authenticate": [value]})


def test_a_client_answers_the_realm_that_it_was_asked_for_first_and_no_other() -> None:
    client, request = DigestClient(Credentials("alice", "wonder")), register()
    header = client.answer(asked("carrier", 1), request, Token())
    assert header is not None
    assert client.answer(asked("carrier", 9), with_answer(request, header), Token()) is None
    for again in (request, with_answer(request, header)):
        assert client.answer(asked("another", 2), again, Token()) is None
    assert client.answer(asked("carrier", 3), request, Token()) is not None


def with_answer(request: Request, header: tuple[str, str]) -> Request:
    """The request with one more answer."""
    name, value = header
    values = [*request.headers.get(name, ()), value]
    return Request(request.method, request.uri, {**request.headers, name: values})
