"""What is installed is what was tested: every version stands in `pyproject.toml`, and is used."""

import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.source import ROOT, modules

LOCK = (ROOT / ".ci/requirements.lock").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# In the list without an import, each for a reason.
NOT_IMPORTED = {
    "aiosqlite": "fixed by the owner for the lanes to Khaos, which come next",
    "httpx": "fixed by the owner for the client of Khaos, which comes next",
}


@cache
def _pinned() -> dict[str, str]:
    """Return every version that `pyproject.toml` fixes, direct or not."""
    groups = PROJECT["dependency-groups"].values()
    lines = [*PROJECT["project"]["dependencies"], *(line for group in groups for line in group)]
    lines += PROJECT["tool"]["uv"]["constraint-dependencies"]
    pairs = [line.split("==") for line in lines]
    return {canonicalize_name(name): exact for name, exact in pairs}


def _locked() -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;]+)", LOCK, re.MULTILINE))


def _needed() -> set[str]:
    """Return what a production install needs here, followed from the direct dependencies."""
    found: set[str] = set()
    ahead = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
    while ahead:
        wanted = ahead.pop()
        name = canonicalize_name(wanted.name)
        extras = wanted.extras or {""}
        if not any(_applies(wanted, extra) for extra in extras) or name in found:
            continue
        found.add(name)
        of_it = [Requirement(line) for line in requires(name) or ()]
        ahead += [one for one in of_it if any(_applies(one, extra) for extra in extras)]
    return found


def _applies(wanted: Requirement, extra: str) -> bool:
    return wanted.marker is None or wanted.marker.evaluate({"extra": extra})


def test_the_lock_holds_what_a_production_install_needs() -> None:
    """The images install neither more nor less, at the versions of the project file."""
    locked = _locked()

    assert set() == _needed() - locked.keys()
    assert locked == {name: exact for name, exact in _pinned().items() if name in locked}


def test_the_lock_names_no_place_and_sums_everything() -> None:
    """A lock works with whatever index the machine uses, and takes no file unseen."""
    packages = re.split(r"\n(?=[a-z])", LOCK)[1:]

    assert "://" not in LOCK
    assert "index-url" not in LOCK
    assert [one.split()[0] for one in packages if "--hash=sha256:" not in one] == []


def test_what_is_installed_is_what_is_pinned() -> None:
    """The tests run on the versions that the project file names."""
    different: dict[str, str] = {}
    for name, exact in _pinned().items():
        try:
            if version(name) != exact:
                different[name] = version(name)
        except PackageNotFoundError:
            continue  # of another platform

    assert different == {}


def test_every_dependency_is_used() -> None:
    """A dependency that no module imports is named with its reason, or goes."""
    imported = {
        name.partition(".")[0]
        for module in modules()
        if not module.is_test
        for name in module.imports()
    }
    providers = packages_distributions()
    used = {canonicalize_name(d) for name in imported for d in providers.get(name, ())}
    wanted = {canonicalize_name(line.split("==")[0]) for line in PROJECT["project"]["dependencies"]}

    assert NOT_IMPORTED.keys() == wanted - used
