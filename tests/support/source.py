"""The program's own source as syntax trees, for the tests that hold it to the house's rules."""

import ast
import gc
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
LAYERS = ("ledger", "tables", "streams")
NESTS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file, read and parsed."""

    path: str  # from the root, with forward slashes
    text: str
    tree: ast.Module

    @property
    def is_test(self) -> bool:
        """Say whether it belongs to the tests."""
        return self.path.startswith("tests/")

    @property
    def name(self) -> str:
        """Return the dotted name it is imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def functions(self) -> Iterator[Function]:
        """Return every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def classes(self) -> Iterator[ast.ClassDef]:
        """Return every class."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef))

    def calls(self) -> Iterator[ast.Call]:
        """Return every call."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def imports(self) -> Iterator[str]:
        """Return the dotted name of every module it imports, wherever it does."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def names(self) -> Iterator[tuple[str, int]]:
        """Return every name that it gives to something, with its line."""
        for node in ast.walk(self.tree):
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    yield node.name, node.lineno
                case ast.arg():
                    yield node.arg, node.lineno
                case ast.Name(ctx=ast.Store()):
                    yield node.id, node.lineno
                case ast.Attribute(ctx=ast.Store()):
                    yield node.attr, node.lineno
                case ast.alias(asname=str(name)):
                    yield name, node.lineno


@cache
def modules() -> tuple[Module, ...]:
    """Return every Python file of the program and of its tests."""
    return tuple(
        _read(path)
        for folder in (*LAYERS, "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )


@cache
def texts() -> dict[str, str]:
    """Return every file that is meant to be read, by its path: code, settings, prose, scripts."""
    kept = [path for path in ROOT.iterdir() if path.is_file() and path.name != "uv.lock"]
    for folder in (*LAYERS, "tests", ".ci", ".github"):
        kept += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    found = {path: _text(path) for path in sorted(kept) if "__pycache__" not in path.parts}
    return {_from_root(path): text for path, text in found.items() if text is not None}


def lines_of(node: Function | ast.ClassDef) -> int:
    """Return how many lines a function or class takes, decorators and docstring included."""
    first = min((node.lineno, *(decorator.lineno for decorator in node.decorator_list)))
    return (node.end_lineno or node.lineno) - first + 1


def parameters_of(function: Function) -> int:
    """Return how many arguments a caller may give; `self` and `cls` are not given."""
    given = function.args
    named = [arg.arg for arg in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in named if name not in {"self", "cls"}])


def depth_of(node: ast.AST, above: int = 0) -> int:
    """Return how deep blocks stand in blocks; an `elif` is as deep as its `if`."""
    deepest = above
    for child in ast.iter_child_nodes(node):
        inside = above + (isinstance(child, NESTS) and not _is_elif(node, child))
        if not isinstance(child, Function | ast.ClassDef):
            deepest = max(deepest, depth_of(child, inside))
    return deepest


def parsed(text: str) -> ast.Module:
    """Parse a file, with nothing collected meanwhile.

    What is collected may tell the log of a failure, with a traceback that Python 3.11 parses to
    point into its lines; and there a parse within a parse fails
    (https://github.com/python/cpython/issues/106905).
    """
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        gc.enable()


def words_of(name: str) -> set[str]:
    """Return the words a name is made of, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def called(call: ast.Call) -> str:
    """Return the dotted name of what is called, as far as it is spelled."""
    return ast.unparse(call.func)


def _is_elif(parent: ast.AST, child: ast.AST) -> bool:
    return isinstance(parent, ast.If) and parent.orelse == [child]


def _read(path: Path) -> Module:
    text = path.read_text()
    return Module(_from_root(path), text, parsed(text))


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None  # bytes, not prose: the shipped day's data


def _from_root(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
