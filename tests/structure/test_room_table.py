"""Who may do what: the room table, as far as it shows in the source. Imports between rooms: `lint-imports`."""

from __future__ import annotations

import ast
from pathlib import Path

from structure.code import ROOMS, TOCSIN, modules, within, write_tree
from tocsin import log

ENVIRONMENT = ("os.environ", "os.environb", "os.getenv", "os.getenvb")
CLOCK = (
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns",
    "time.localtime", "time.gmtime",
)  # fmt: skip
NETWORK = (
    "socket", "socketserver", "ssl", "http", "urllib.request", "smtplib", "ftplib", "imaplib", "asyncio", "subprocess",
    "requests", "httpx", "aiohttp", "httpx2", "scim2_client", "starlette", "uvicorn", "smtplib", "multiprocessing",
)  # fmt: skip
DIALS_OR_LISTENS = {
    "collect/transports/http.py": ("starlette", "uvicorn", "asyncio", "socket"),
    "contain/connectors": ("subprocess", "httpx2", "scim2_client"),
    "door/identities.py": ("httpx2",),
}
"""The room table: what listens, dials or starts a process, and by what."""
INPUT_OUTPUT = ("os", "io", "pathlib", "shutil", "tempfile", "time", "logging", "random", "secrets")

READS_ENVIRONMENT = ("config/__init__.py",)
READS_CLOCK = ("cli/app.py", "cli/watch.py", "main/serve/clock.py")
"""The last one is where the loops of `serve` read it."""
FACES = ("cli", "web")
FACES_MAY_IMPORT = (
    "tocsin.main",
    "tocsin.wiring",
    "tocsin.config",
    "tocsin.errors",
    "tocsin.log",
    "tocsin.__version__",
    "tocsin.cli",  # parts of the command line itself
)


def uses(root: Path, names: tuple[str, ...], *, allowed: tuple[str, ...]) -> list[str]:
    """Places that mention one of these things outside of the files that may."""
    return sorted(
        {
            f"{module.path}:{line} {name}"
            for module in modules(root)
            if module.path.as_posix() not in allowed
            for name, line in module.used()
            if within(name, names)
        }
    )


def imports(root: Path, folders: tuple[str, ...], names: tuple[str, ...]) -> list[str]:
    """Modules of these folders that import one of these things."""
    return [
        f"{module.path} {name}"
        for module in modules(root)
        if module.room in folders
        for name in sorted(module.imported())
        if within(name, names)
    ]


def dialling(root: Path, allowed: dict[str, tuple[str, ...]]) -> list[str]:
    """What rooms import to reach the network or start a process, beyond what each place may."""
    return [
        f"{module.path} {name}"
        for module in modules(root)
        if module.room in ROOMS
        for name in sorted(module.imported())
        if within(name, NETWORK)
        and not any(within(name, names) for place, names in allowed.items() if _below(module.path, place))
    ]


def _below(path: Path, place: str) -> bool:
    return path.as_posix() == place or path.as_posix().startswith(f"{place}/")


def faces_importing_more(root: Path) -> list[str]:
    """What the faces import of tocsin beside main, wiring and config (and errors and log, to say what failed)."""
    return [
        f"{module.path} {name}"
        for module in modules(root)
        if module.path.as_posix() in FACES or module.room in FACES
        for name in sorted(module.imported())
        if within(name, ("tocsin",)) and not within(name, FACES_MAY_IMPORT) and not within(name, ("tocsin.web",))
    ]


def prints(root: Path) -> list[str]:
    """Calls of print."""
    return [
        f"{module.path}:{node.lineno}"
        for module in modules(root)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def logged(root: Path, allowed: frozenset[str]) -> list[str]:
    """Keys given to `log.info` and `log.warning` that are not on the list, and words that are not constant."""
    found = []
    for module in modules(root):
        for node in ast.walk(module.tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id in ("log", "_log", "logger")):
                continue
            if node.args and not isinstance(node.args[0], ast.Constant) and module.path.as_posix() != "log.py":
                found.append(f"{module.path}:{node.lineno} words that are made up at run time")
            if module.path.as_posix() != "log.py":
                found += [f"{module.path}:{node.lineno} {key.arg}" for key in node.keywords if key.arg not in allowed]
    return found


def test_logs_hold_allowed_keys_and_constant_words() -> None:
    """Promise: no account, no patient and no query is ever in a log."""
    assert not log.KEYS & {"account", "patient", "professional", "address", "query", "identifier", "name", "value"}
    assert logged(TOCSIN, log.KEYS) == []
    assert imports(TOCSIN, (*ROOMS, "main", "web"), ("logging",)) == []


def test_a_leaky_log_is_noticed(tmp_path: Path) -> None:
    lines = 'log.info("cut", account=a)\nlog.warning(f"cut {a}")\nlog.info("cut", rung=1)\nother.info("x", account=a)\n'
    tree = write_tree(tmp_path, {"detect/x.py": lines, "scope/y.py": "import logging\n"})
    assert logged(tree, frozenset({"rung"})) == [
        "detect/x.py:1 account",
        "detect/x.py:2 words that are made up at run time",
    ]
    assert imports(tree, ROOMS, ("logging",)) == ["scope/y.py logging"]


def test_only_config_reads_the_environment() -> None:
    """Promise: what Tocsin does is said in one place; no setting hides in a variable that a room reads by itself."""
    assert uses(TOCSIN, ENVIRONMENT, allowed=READS_ENVIRONMENT) == []


def test_a_room_that_reads_the_environment_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path,
        {
            "config/__init__.py": "import os\nos.environ['X']\n",
            "door/vault.py": "import os as o\n\ndef f():\n    return o.environ.get('KEY')\n",
            "door/other.py": "from os import getenv\n",
        },
    )
    assert uses(tree, ENVIRONMENT, allowed=READS_ENVIRONMENT) == [
        "door/other.py:1 os.getenv",
        "door/vault.py:4 os.environ",
        "door/vault.py:4 os.environ.get",
    ]


def test_only_the_faces_read_the_clock() -> None:
    """Promise: the same trail gives the same alerts whenever it is replayed. Everything but `cli` takes `now`."""
    assert uses(TOCSIN, CLOCK, allowed=READS_CLOCK) == []


def test_a_room_that_reads_the_clock_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path,
        {
            "cli/app.py": "import time\ntime.perf_counter()\n",
            "detect/judge.py": "from datetime import datetime\nnow = datetime.now()\n",
            "ledger/tail.py": "import datetime as d\nnow = d.datetime.now(d.UTC)\n",
            "scope/hours.py": "def hours(time):\n    return time.time\n",
        },
    )
    assert uses(tree, CLOCK, allowed=READS_CLOCK) == [
        "detect/judge.py:2 datetime.datetime.now",
        "ledger/tail.py:2 datetime.datetime.now",
    ]


def test_no_room_listens_dials_or_starts_a_process() -> None:
    """Promise: identities and trails leave by no way that the room table does not show."""
    assert dialling(TOCSIN, DIALS_OR_LISTENS) == []


def test_a_room_that_dials_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path,
        {
            "collect/feed.py": "from urllib import request\nimport urllib.parse\n",
            "scope/x.py": "import http.client\n",
            "main/serve.py": "import socket\n",
        },
    )
    allowed = {"collect/transports": ("urllib.request",), "scope/x.py": ("socket",)}
    assert dialling(tree, allowed) == ["collect/feed.py urllib.request", "scope/x.py http.client"]
    assert dialling(tree, {"collect/feed.py": ("urllib.request",), "scope": ("http",)}) == []


def test_the_nouns_do_nothing() -> None:
    """Promise: `model/` is frozen data, without input or output, clock or chance."""
    assert imports(TOCSIN, ("model",), INPUT_OUTPUT) == []


def test_a_noun_that_opens_files_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"model/event.py": "from pathlib import Path\n"})
    assert imports(tree, ("model",), INPUT_OUTPUT) == ["model/event.py pathlib.Path"]


def test_faces_call_main_and_nothing_else() -> None:
    """Promise: what a command does stands in `main/` as prose; both faces do the same because they call the same."""
    assert faces_importing_more(TOCSIN) == []


def test_a_face_that_calls_a_room_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(
        tmp_path,
        {
            "cli/a.py": "from tocsin.main import watch\nfrom tocsin.errors import Usage\nimport tocsin.door.vault\n",
            "web/pages.py": "from tocsin.store.interface import Parts\n",
        },
    )
    assert faces_importing_more(tree) == ["cli/a.py tocsin.door.vault", "web/pages.py tocsin.store.interface.Parts"]


def test_nothing_prints() -> None:
    """Promise: what reaches a person goes through the face that serves them, what reaches a log through its list of
    allowed keys."""
    assert prints(TOCSIN) == []


def test_a_print_is_noticed(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"scope/x.py": "def f():\n    print('x')\n\ndef fingerprint():\n    pass\n"})
    assert prints(tree) == ["scope/x.py:2"]
