"""The rules of the house, held against the source itself.

A rule yields `path::name` for what breaks it. What may break one is named in `ALLOWED` with its
reason; what is named there and breaks nothing any more fails as well. Not covered: whether a name
is the right one, whether a comment says why.
"""

import ast
from collections.abc import Callable, Iterator

import pytest

from streams.cli import VERBS
from tests.support.source import (
    LAYERS,
    ROOT,
    Module,
    called,
    depth_of,
    lines_of,
    modules,
    parameters_of,
    texts,
    words_of,
)

FUNCTION_LINES_MAX = 40  # a longer one does two things
CLASS_LINES_MAX = 150
MODULE_LINES_MAX = 300
TEST_MODULE_LINES_MAX = 450  # one file states all laws of one module
PARAMETERS_MAX = 6
DEPTH_MAX = 3

# Words that say nothing; say what it is.
BANNED_WORDS = frozenset(
    {"data", "info", "item", "obj", "manager", "processor", "service", "services"}
    | {"util", "utils", "helper", "helpers", "common", "payload"}
)
# What runs text as code (eval, pickle, yaml.load, a shell), and `print`, are ruff's to find.
BANNED_CALLS = {
    "time.sleep": "wait for a condition with a deadline: streams/broker/waiting.py",
}
# "Item" is the trade's word for one record of a delivery, and nobody else's.
OF_DELIVERIES = (
    "streams/translate.py",
    "streams/headers.py",
    "streams/demo/",
    "streams/verification/",
)
SQL_CALLS = frozenset({"execute", "executemany", "executescript"})
# Modules whose types are loose or whose calls leave the machine, and who may import them.
DOORS = {
    "faust": ("streams/app.py", "streams/agents.py", "streams/engine/", "tables/stock.py"),
    "mode": ("streams/app.py", "streams/engine/"),
    "httpx": ("streams/khaos/client.py",),
    "jgo": ("streams/broker/",),
    "pickle": (),
    "marshal": (),
    "shelve": (),
}
SANDBOX_USERS = ("streams/sandbox/", "streams/commands/", "streams/demo/")

# Spelled in parts, so that this file does not break its own rules.
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("python" + "hosted", "org"),
        ("maven", "org"),
        ("maven", "apache", "org"),
        ("npmjs", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
    )
)
PATHS_OF_A_MACHINE = tuple("/" + name + "/" for name in ("home", "Users", "root", "work"))
UNFINISHED = tuple("".join(parts) for parts in (("TO", "DO"), ("FIX", "ME"), ("XX", "X")))
# Texts speak of the program, never of how it came to be.
OFF_TOPIC = tuple(
    " ".join(parts)
    for parts in (("language", "model"), ("the", "brief"), ("the", "spike"), ("co-authored", "by"))
)

ALLOWED = {
    "parameters: ledger/journal.py::_entry": "the one place an entry is built; all by name",
    "name: streams/engine/table.py::data": "the attribute Faust reads a table by",
    "parameters: streams/commands/demo.py::demo": "the options of the command, each by name",
    "function: streams/commands/demo.py::demo": "as above, and a line of help for each",
    "name: streams/clarus/connections.py::data": "asyncio passes it by this name",
    "name: streams/clarus/connections.py::data_received": "asyncio calls it by this name",
    "name: tests/test_compose.py::service": "a service of the compose file: its own word",
    "name: tests/test_compose.py::services": "as above",
    "name: tests/broker/conftest.py::item": "the argument pytest passes by this name",
    "call: tests/support/folds.py::time.sleep": "stands for a restore that takes long",
    "call: streams/broker/waiting.py::time.sleep": "the one wait for what another process does",
    "class: streams/verification/levels.py::Levels": "one topic's records in one pass, each fate "
    "beside the others",
    "class: streams/verification/verifier.py::Verifier": "the list of what is verified, in order",
    "class: tests/simulation/world.py::World": "one universe, from what it is told to its end",
    "import: streams/bench/naive.py::faust": "the naive agent that our figures stand beside",
    "import: streams/commands/worker.py::faust": "the worker's process is Faust's own",
    "import: streams/web/pages.py::faust": "our pages stand in Faust's web server",
}


def _sizes(module: Module) -> Iterator[str]:
    lines_max = TEST_MODULE_LINES_MAX if module.is_test else MODULE_LINES_MAX
    if module.text.count("\n") > lines_max:
        yield f"module: {module.path}"
    for each in module.classes():
        if lines_of(each) > CLASS_LINES_MAX:
            yield f"class: {module.path}::{each.name}"
    for function in module.functions():
        where = f"{module.path}::{function.name}"
        if lines_of(function) > FUNCTION_LINES_MAX:
            yield f"function: {where}"
        if parameters_of(function) > PARAMETERS_MAX:
            yield f"parameters: {where}"
        if depth_of(function) > DEPTH_MAX:
            yield f"depth: {where}"


def _names(module: Module) -> Iterator[str]:
    file_name = module.path.rpartition("/")[2].removesuffix(".py")
    for name, _ in (*module.names(), (file_name, 0)):
        said = words_of(name) & BANNED_WORDS
        if said == {"item"} and module.path.startswith(OF_DELIVERIES):
            continue
        if said:
            yield f"name: {module.path}::{name}"


def _calls(module: Module) -> Iterator[str]:
    for call in module.calls():
        name = called(call)
        if name in BANNED_CALLS:
            yield f"call: {module.path}::{name}"
        if name.rpartition(".")[2] in SQL_CALLS and call.args and _is_built(call.args[0]):
            yield f"sql: {module.path}::{name}"


def _is_built(statement: ast.expr) -> bool:
    """Say whether an SQL statement is put together from parts instead of spelled or named."""
    if isinstance(statement, ast.BinOp):
        return isinstance(statement.op, ast.Mod) or not (
            _is_spelled(statement.left) and _is_spelled(statement.right)
        )
    return not _is_spelled(statement)


def _is_spelled(statement: ast.expr) -> bool:
    return isinstance(statement, ast.Constant | ast.Name | ast.Attribute)


def _imports(module: Module) -> Iterator[str]:
    if module.is_test:
        return
    for name in sorted({name.partition(".")[0] for name in module.imports()}):
        if name in DOORS and not module.path.startswith(DOORS[name] or ("-",)):
            yield f"import: {module.path}::{name}"
    uses_sandbox = any(name.startswith("streams.sandbox") for name in module.imports())
    if uses_sandbox and not module.path.startswith(SANDBOX_USERS):
        yield f"sandbox: {module.path}"


def _docstrings(module: Module) -> Iterator[str]:
    promise = ast.get_docstring(module.tree)
    if not module.is_test and (promise is None or promise.splitlines()[0][-1] not in ".:"):
        yield f"docstring: {module.path}"


@pytest.mark.parametrize("rule", [_sizes, _names, _calls, _imports, _docstrings])
def test_no_module_breaks_a_rule(rule: Callable[[Module], Iterator[str]]) -> None:
    """Every file keeps the rules, but for what is named here with its reason."""
    broken = {offence for module in modules() for offence in rule(module)}

    assert set() == broken - ALLOWED.keys()


def test_every_exception_is_needed() -> None:
    """A reason that excuses nothing any more goes away with it."""
    rules = (_sizes, _names, _calls, _imports, _docstrings)
    broken = {offence for module in modules() for rule in rules for offence in rule(module)}

    assert set() == ALLOWED.keys() - broken


@pytest.mark.parametrize("banned", [HOSTS, PATHS_OF_A_MACHINE, UNFINISHED, OFF_TOPIC])
def test_no_text_holds_what_does_not_belong(banned: tuple[str, ...]) -> None:
    """No registry's address, no path of one machine, nothing put off, nothing off topic."""
    found = {f"{path}: {word}" for path, text in texts().items() for word in banned if word in text}

    assert set() == found


def test_every_module_is_used() -> None:
    """A module that nothing imports is dead, or was never wired."""
    imported = {name for module in modules() if not module.is_test for name in module.imports()}
    own = {module.name for module in modules() if not module.is_test}
    packages = {module.name for module in modules() if module.path.endswith("__init__.py")}
    run_by_name = {module.name for module in modules() if "__main__" in module.text + module.path}
    run_by_name |= {f"streams.commands.{verb.name}" for verb in VERBS}

    assert set() == own - imported - packages - run_by_name


def test_the_root_holds_what_it_should() -> None:
    """Five documents, the project file, the compose file, three layers and the tests."""
    documents = {"README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md"}
    expected = documents | {"pyproject.toml", "docker-compose.yml", "tests", *LAYERS}
    ignored = {line.strip().rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}

    assert expected == visible - ignored
