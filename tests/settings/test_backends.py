"""`[backends.NAME]` in `flow.toml`: made by the kind that an entry point names; mistakes are told with their
place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flowlang.backends.border import Backend
from flowlang.diagnostics import render
from flowlang.model.policy import EVERYTHING
from flowlang.project import backends as loading
from flowlang.project.backends import BackendKind, Section, SettingsError
from flowlang.project.project import ProjectError, open_project
from flowlang.project.secrets import Hidden, secret_files
from flowlang.project.shapes import Integer, Table, Text
from tests.cli.flow import flow

SMPP = '[backends.a]\nkind = "smpp"\nhost = "{}"\nsystem_id = "x"\nfrom = "X"\n'
ODD = f"`{__name__}:Entry`"


class Entry:
    """An entry point of a package."""

    def __init__(self, name: str, value: str, package: str = "flowlang-pigeon") -> None:
        self.name = name
        self.value = value
        self.dist = type("Dist", (), {"name": package, "version": "1.2"})


def _make(section: Section) -> Any:
    if section.settings.get("birds") == 13:
        raise SettingsError("13 birds do not fly", "birds")
    if section.settings.get("birds") == 7:
        raise RuntimeError("out of seed")
    return section


PIGEON = BackendKind(
    "Carrier pigeons.",
    Table({"loft": Text(), "birds": Integer(1, 100), "seed": Hidden()}, frozenset({"loft"})),
    _make,
)


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[Entry]:
    installed = [Entry("pigeon", f"{__name__}:PIGEON"), Entry("odd", f"{__name__}:Entry")]
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.setattr(
        loading, "_entries", lambda name=None: [each for each in installed if name in (None, each.name)]
    )
    return installed


def made(folder: Path, toml: str) -> tuple[Any, ...]:
    (folder / "flow.toml").write_text(toml, encoding="utf-8")
    return open_project(folder / "desk.flow").backends(object, folder / "data", EVERYTHING)


def mistakes(folder: Path, toml: str) -> list[str]:
    with pytest.raises(ProjectError) as refused:
        made(folder, toml)
    return [render(each).splitlines()[0].partition("flow.toml:")[2] for each in refused.value.diagnostics]


@pytest.mark.usefixtures("entries")
def test_a_backend_is_made_of_its_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEED", "barley")
    (section,) = made(tmp_path, '[backends.birds]\nkind = "pigeon"\nloft = "roof"\nseed = { env = "SEED" }\n')
    assert section.name == "birds"
    assert section.settings == {"loft": "roof", "seed": "barley"}
    assert repr(section.settings["seed"]) == "•••"
    assert section.surroundings.folder == tmp_path
    assert section.surroundings.data == tmp_path / "data"
    assert section.surroundings.policy is EVERYTHING


@pytest.mark.usefixtures("entries")
def test_a_secret_may_stand_in_a_file_beside(tmp_path: Path) -> None:
    (tmp_path / "seed").write_text("oats\nrest", encoding="utf-8")
    (section,) = made(tmp_path, '[backends.a]\nkind = "pigeon"\nloft = "x"\nseed = { file = "seed" }\n')
    assert section.settings["seed"] == "oats"
    assert section.surroundings.secret_files == {tmp_path / "seed"}


def test_all_files_that_hold_secrets_are_known(tmp_path: Path) -> None:
    given = {"backends": {"a": {"x": {"file": "s/x"}, "of": [{"key": {"file": "y"}}], "file": "no", "n": 1}}}
    assert secret_files(given, tmp_path) == {tmp_path / "s/x", tmp_path / "y"}


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        ('kind = "pigeon"', "1:11: error E803: the setting `loft` is missing"),
        ('loft = "x"', "1:11: error E803: the setting `kind` is missing"),
        ('kind = "pigeom"', '2:8: error E805: no package here has the kind of backend "pigeom"'),
        ('kind = "odd"', f'2:8: error E805: "odd" is not set up in `flow.toml`: {ODD} is no `BackendKind`'),
        ('kind = "pigeon"\nloft = "x"\nbird = 3', "4:1: error E802: there is no setting `bird`"),
        ('kind = "pigeon"\nloft = "x"\nbirds = 0', "4:9: error E803: `birds` is out of range"),
        ('kind = "pigeon"\nloft = "x"\nbirds = 13', "4:9: error E805: 13 birds do not fly"),
        ('kind = "pigeon"\nloft = "x"\nbirds = 7',
         "1:11: error E805: `pigeon` failed: RuntimeError: out of seed"),
        ('kind = "pigeon"\nloft = "x"\nseed = "abc"', "4:8: error E803: `seed` cannot be a text"),
        ('kind = "pigeon"\nloft = "x"\nseed = { env = "NO_SUCH" }',
         "4:8: error E803: the environment has no `NO_SUCH`"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, lines: str, mistake: str) -> None:
    assert mistakes(tmp_path, f"[backends.birds]\n{lines}\n") == [mistake]


def test_a_second_backend_for_an_outlet_that_can_have_one_is_told(
    tmp_path: Path,
) -> None:
    chat = 'kind = "web"\nlisten = "127.0.0.1:{}"\n[backends.{}.chat]\n'
    values, texts = 'kind = "values"\n', 'kind = "smpp"\nhost = "smsc.example"\nsystem_id = "x"\nfrom = "X"\n'
    hooks = 'kind = "web"\nlisten = "127.0.0.1:3"\n[backends.c.hooks.orders]\nverify = "none"\n'
    toml = (
        f"[backends.a]\n{chat.format(1, 'a')}[backends.b]\n{chat.format(2, 'b')}[backends.c]\n{hooks}"
        f"[backends.d]\n{values}[backends.e]\n{values}[backends.f]\n{texts}[backends.g]\n{texts}"
    )
    wanted = [
        "5:11: error E805: `chat` is for `[backends.a]` already, and a project has one for it",
        "16:11: error E805: `store` is for `[backends.d]` already, and a project has one for it",
    ]
    assert mistakes(tmp_path, toml) == wanted
    with pytest.raises(ProjectError) as refused:  # nor does `flow check` let it pass
        open_project(tmp_path / "desk.flow").check_backends()
    assert [each.message for each in refused.value.diagnostics] == [
        each.partition("E805: ")[2] for each in wanted
    ]


@pytest.mark.usefixtures("entries")
def test_a_kind_that_makes_no_backend_is_told(tmp_path: Path) -> None:
    (tmp_path / "flow.toml").write_text('[backends.birds]\nkind = "pigeon"\nloft = "x"\n', encoding="utf-8")
    with pytest.raises(ProjectError) as refused:
        open_project(tmp_path / "desk.flow").backends(Backend, tmp_path, EVERYTHING)
    (found,) = refused.value.diagnostics
    assert found.message == "`pigeon` made a Section, which is no backend"


@pytest.mark.usefixtures("entries")
@pytest.mark.parametrize(
    ("toml", "outlets"),
    [
        ("", frozenset()),
        ('[backends.a]\nkind = "pigeon"\nloft = "x"\n', None),  # it does not say
    ],
)
def test_what_kinds_say_of_their_outlets_and_names_is_known_without_making_them(
    tmp_path: Path, toml: str, outlets: frozenset[str] | None
) -> None:
    (tmp_path / "flow.toml").write_text(toml, encoding="utf-8")
    checked = open_project(tmp_path / "desk.flow").check_backends()
    assert checked.outlets == outlets
    assert (checked.names is None) == (outlets is None)


SECRETS = """[backends.a]
kind = "web"
listen = "127.0.0.1:1"
[backends.a.hooks.orders]
verify = "standard"
secret = { env = "NO_SUCH" }
[backends.b]
kind = "http"
[backends.b.webhooks]
secret = { env = "NO_SUCH" }
"""


def test_secrets_that_are_not_there_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "flow.toml").write_text(SECRETS, encoding="utf-8")
    checked = open_project(tmp_path / "desk.flow").check_backends()
    assert checked.names == {"webhook": {"/orders"}}


NAMES = """[backends.mail]
kind = "email"
[backends.mail.listener]
addresses = ["desk@clinic.example", "@shop.example"]
[backends.mail.imap]
host = "imap.clinic.example"
address = "mailto:box@clinic.example"
user = "box"
password = { env = "NO_SUCH" }
[backends.other]
kind = "email"
from = "desk@clinic.example"
[backends.other.smtp]
host = "smtp.clinic.example"
[backends.texts]
kind = "smpp"
host = "smsc.example"
system_id = "x"
from = "X"
[backends.phone]
kind = "pyvoip"
server = "pbx.example"
user = "x"
password = { env = "NO_SUCH" }
[trunks.carrier]
servers = ["sip:carrier.example"]
[accounts.ann]
password = { env = "NO_SUCH" }
[sip.listeners.public]
address = "127.0.0.1:5070"
"""


def test_what_sections_serve_is_told_by_the_names_that_scripts_have_for_it(tmp_path: Path) -> None:
    (tmp_path / "flow.toml").write_text(NAMES, encoding="utf-8")
    project = open_project(tmp_path / "desk.flow")
    mails = {"mailto:desk@clinic.example", "mailto:*@shop.example", "mailto:box@clinic.example"}
    assert project.names(project.check_backends()) == {
        "email": mails, "sms": None, "via": {"phone", "carrier", "ann", "public"},
    }  # fmt: skip


def test_settings_of_a_program_around_flowlang_say_nothing_of_what_is_served(tmp_path: Path) -> None:
    (tmp_path / "flow.toml").write_text('[actions.x]\ndoc = "x"\n', encoding="utf-8")
    project = open_project(tmp_path / "desk.flow")
    assert project.names(project.check_backends()) is None


@pytest.mark.parametrize("given", ['""', '"a\\u0000b"', "3"])
def test_what_is_no_path_is_told(tmp_path: Path, given: str) -> None:
    section = f'[backends.a]\n{SMSC}\nsystem_id = "x"\nfrom = "X"\nca_file = {given}\n'
    (found,) = mistakes(tmp_path, section)
    assert found.startswith("6:11: error E803: ")


def test_two_packages_with_one_kind_are_told(tmp_path: Path, entries: list[Entry]) -> None:
    entries.append(Entry("pigeon", "other:PIGEON", "evil-pigeon"))
    (mistake,) = mistakes(tmp_path, '[backends.birds]\nkind = "pigeon"\nloft = "x"\n')
    assert mistake.endswith(
        'more than one package has the kind "pigeon": evil-pigeon and flowlang-pigeon; uninstall one'
    )


def test_the_list_of_kinds_imports_no_backend() -> None:
    code = (
        "import sys; from flowlang.project.backends import installed_kinds; found = installed_kinds();"
        "assert {'sip', 'console'} <= {each.name for each in found}, found;"
        "assert not [each for each in sys.modules if each.startswith(('flowlang.backends', 'trio'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_flow_backends_shows_kind_package_and_version() -> None:
    found = flow("backends")
    (line,) = [each for each in found.out.splitlines() if each.startswith("sip ")]
    assert line.split()[1] == "flowlang"


@pytest.mark.parametrize(
    "host", ["smsc.example", "smsc.example.", "localhost", "10.0.0.1", "::1", "a_b-c", "x" * 63]
)
def test_a_host_is_a_name_or_an_address(tmp_path: Path, host: str) -> None:
    assert made(tmp_path, SMPP.format(host))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a..b",
        ".a",
        "x" * 64,
        "a." * 200,
        "müller.example",
        "a b",
        "a\\u0000b",
        "[::1]",
        "a:b",
        "http://a",
    ],
)
def test_what_is_no_host_is_told_when_settings_are_read(tmp_path: Path, host: str) -> None:
    (mistake,) = mistakes(tmp_path, SMPP.format(host))
    assert mistake == "3:8: error E803: `host` does not read like one"


FORM = """kind = "sms_gateway"
token = { env = "NO" }
from = "+14155550100"
[backends.a.form]
url = "http://gw.example"
fields = { To = "{nobody}" }
id = "sid"
"""


MAIL = 'kind = "email"\nfrom = "desk@clinic.example"'
SMSC = 'kind = "smpp"\nhost = "smsc.example"'
HOOK = 'kind = "web"\nlisten = "127.0.0.1:1"\n[backends.a.hooks.h]'

TWICE = """kind = "web"
listen = "127.0.0.1:1"
{}[backends.a.hooks.h]
verify = "none"
[backends.b]
kind = "web"
listen = "127.0.0.1:1"
{}[backends.b.hooks.h]
verify = "none"
"""
TLS = 'certificate = "x"\nkey = "x"\n'


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            'kind = "schedule"\n[backends.a.schedules.n]\ncron = "99 2 * * *"\nzone = "Europe/Berlin"',
            "minute",
        ),
        ('kind = "schedule"\n[backends.a.schedules.n]\ncron = "9 2 * * *"\nzone = "Europe/Londn"', "Londn"),
        ('kind = "sms_gateway"\ntoken = { env = "NO" }\nform = "twilio"\nfrom = "not one!"', "not one!"),
        (FORM, "nobody"),
        ('kind = "email"\nfrom = "nobody"\n[backends.a.smtp]\nhost = "localhost"', "nobody"),
        ('kind = "email"\n[backends.a.smtp]\nhost = "localhost"', "`from`"),
        (f'{MAIL}\n[backends.a.smtp]\nhost = "h"\nsecurity = "none"\nuser = "x"', "in the clear"),
        (f'{MAIL}\nattachments = ["."]\n[backends.a.smtp]\nhost = "h"', "`flow.toml`"),
        (FORM.replace("{nobody}", "{to}"), "{text}"),
        ('kind = "sms_gateway"\ntoken = { env = "NO" }\nform = "twilio"\nfrom = "X"', "`account`"),
        (f'{SMSC}\nsystem_id = "a far too long one"\nfrom = "X"', "15 ASCII"),
        (f'{SMSC}\nsystem_id = "x"\nfrom = "not one!"', "short code"),
        (f'{SMSC}\nsystem_id = "x"\nfrom = "X"\ncountry = "XX"', "ISO 3166"),
        (f'{SMSC}\nsystem_id = "x"\nfrom = "X"\nca_file = "x"', "`tls = true`"),
        ('kind = "web"\nlisten = "127.0.0.1:1"', "`hooks` or a `chat`"),
        ('kind = "web"\nlisten = "127.0.0.1:1"\nkey = "x"\n[backends.a.chat]', "`certificate`"),
        (TWICE.format("", ""), "two backends want the path /hooks/h"),
        (TWICE.format(TLS, TLS.replace("x", "y")), "another certificate"),
        (f'{HOOK}\nverify = "standard"', "`secret`"),
        (f'{HOOK}\nverify = "standard"\nsecret = {{ env = "HOME" }}', "whsec_"),
        ('kind = "http"\nprivate = ["10.1.2.0/99"]', "network"),
        ('kind = "http"\n[backends.a.webhooks]\nsecret = { env = "HOME" }', "whsec_"),
        ('kind = "sql"\n[backends.a.connections.x]\ntimeout = 1', "either"),
        ('kind = "pyvoip"\nserver = "a b"\nuser = "x"\npassword = { env = "NO" }', "letters"),
    ],
)
def test_flow_check_tells_what_the_settings_alone_have_wrong(
    tmp_path: Path, lines: str, message: str
) -> None:
    (tmp_path / "flow.toml").write_text(f"[backends.a]\n{lines}\n", encoding="utf-8")
    with pytest.raises(ProjectError) as refused:
        open_project(tmp_path / "desk.flow").check_backends()
    (found,) = refused.value.diagnostics
    assert found.code == "E805"
    assert message in found.message
