"""What Parley says, in every language: started by `dev.py translate`, in the environment.

Collects the strings of the sources, brings `resources/translations/parley_*.ts` up to date with Qt's lupdate, and
builds the .qm files with lrelease. Strings stand in `self.tr("…")`, whose context is the class, in functions that
call `QCoreApplication.translate("Context", text)` or go through `said`, in the settings table, in the classes of
errors and the words these are made with, and in the presets and recommended models that ship with Parley. They are
handed to lupdate as one file of plain calls, since it knows none but the first two.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = ("de", "zh_CN")
ERRORS, PRESETS, RECOMMENDED, SETTINGS = "Errors", "Presets", "Recommended", "Settings"
ERROR_FIELDS = ("text", "advice", "words")
SPOKEN = ("reason", "activity", "what")
"""Values of errors that are words themselves."""
TRANSLATE, OWN_TRANSLATE = "QCoreApplication.translate", "TRANSLATE.get()"
ROOT_ERROR = "ParleyError"


@dataclass(frozen=True, order=True)
class Phrase:
    """One string to translate; `plural` if its form depends on a number."""

    context: str
    text: str
    plural: bool = False


class NotLiteral(Exception):
    """A string to translate is put together while the program runs, so that no tool can find it."""


def phrases(root: Path) -> list[Phrase]:
    """Every string of the sources below `root/app`, sorted.

    Raises:
        NotLiteral: one is no literal.
    """
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted((root / "app").rglob("*.py"))}
    makers = {_module(path, root): dict(_translating_functions(tree)) for path, tree in trees.items()}
    found: set[Phrase] = set()
    for path, tree in trees.items():
        own = makers[_module(path, root)]
        found.update(_Finder(path, tree, own, {**own, **dict(_imported(tree, makers))}).found)
    found.update(_errors(trees.values()))
    found.update(_settings(root))
    found.update(_presets(root))
    found.update(_recommended(root))
    return sorted(phrase for phrase in found if phrase.text)


class _Finder(ast.NodeVisitor):
    """Walks one module."""

    def __init__(self, path: Path, tree: ast.Module, own: Mapping[str, str], contexts: Mapping[str, str]) -> None:
        """`own` are the functions of this module that translate, `contexts` those it can call."""
        self.found: list[Phrase] = []
        self._path = path
        self._own = own
        self._contexts = contexts
        self._classes: list[str] = []
        self.visit(tree)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._classes.append(node.name)
        self.generic_visit(node)
        self._classes.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name not in self._own or self._classes:
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr == "tr" and node.args:
            self._add(self._classes[-1] if self._classes else "", node.args[0], node, plural=len(node.args) > 2)
        elif isinstance(function, ast.Name) and function.id in self._contexts and node.args:
            self._add(self._contexts[function.id], node.args[0], node)
        elif ast.unparse(function) == TRANSLATE:
            self._add(getattr(node.args[0], "value", ""), node.args[1], node)
        for keyword in node.keywords:
            if keyword.arg in SPOKEN:
                self._add_words(keyword.value)
        self.visit(function.value if isinstance(function, ast.Attribute) else function)
        for part in (*node.args, *node.keywords):
            self.visit(part)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "tr":
            raise NotLiteral(f"{self._path}:{node.lineno}: under another name, its strings are not found")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Name) and target.id in SPOKEN for target in node.targets):
            self._add_words(node.value)
        self.generic_visit(node)

    def _add_words(self, value: ast.expr) -> None:
        """What an error is made with, as far as it is there word by word."""
        for part in [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                self.found.append(Phrase(ERRORS, part.value))

    def _add(self, context: str, argument: ast.expr, node: ast.Call, *, plural: bool = False) -> None:
        if context in (SETTINGS, PRESETS, RECOMMENDED):
            return  # these come from the table, and from files
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            raise NotLiteral(f"{self._path}:{node.lineno}")
        self.found.append(Phrase(context, argument.value, plural))


def _module(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).with_suffix("").parts)


def _imported(tree: ast.Module, makers: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The functions that translate and come from another module, with their contexts."""
    for node in (part for part in ast.walk(tree) if isinstance(part, ast.ImportFrom)):
        there = makers.get(node.module or "", {})
        for alias in node.names:
            if alias.name in there:
                yield alias.asname or alias.name, there[alias.name]


def _translating_functions(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Functions of a module that translate their argument in a context of their own."""
    constants = dict(_constants(tree))
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef) or not node.args.args:
            continue
        for call in (part for part in ast.walk(node) if isinstance(part, ast.Call) and len(part.args) > 1):
            where, text = call.args[:2]
            context = constants.get(where.id) if isinstance(where, ast.Name) else getattr(where, "value", None)
            takes_it = isinstance(text, ast.Name) and text.id == node.args.args[0].arg
            if takes_it and context and ast.unparse(call.func) in (TRANSLATE, OWN_TRANSLATE):
                yield node.name, str(context)


def _constants(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """What a module calls by a name."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value.value


def _errors(trees: Iterable[ast.Module]) -> Iterator[Phrase]:
    """The sentences of every class below `ParleyError`, wherever it is declared."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    known = {ROOT_ERROR}
    while new := {node.name for node in classes if node.name not in known and known & set(_bases(node))}:
        known |= new
    for node in classes:
        if node.name not in known:
            continue
        for part in node.body:
            names = [target.id for target in getattr(part, "targets", []) if isinstance(target, ast.Name)]
            value = getattr(part, "value", None)
            if set(names) & set(ERROR_FIELDS):
                texts = (text for text in ast.walk(value) if isinstance(text, ast.Constant)) if value else ()
                yield from (Phrase(ERRORS, str(text.value)) for text in texts)


def _bases(node: ast.ClassDef) -> list[str]:
    return [base.id for base in node.bases if isinstance(base, ast.Name)]


def _settings(root: Path) -> Iterator[Phrase]:
    """What the settings table shows."""
    sys.path.insert(0, str(root))
    from app.core.program.settings import SETTINGS as TABLE

    for setting in TABLE.values():
        if setting.page is not None:
            for text in (setting.title, setting.help, *(name for _, name in setting.choices)):
                yield Phrase(SETTINGS, text)


def _presets(root: Path) -> Iterator[Phrase]:
    """What the presets are called that ship with Parley, and what they are for."""
    for path in sorted((root / "resources" / "presets").glob("*.toml")):
        for preset in tomllib.loads(path.read_text(encoding="utf-8"))["preset"]:
            yield Phrase(PRESETS, preset["name"])
            yield Phrase(PRESETS, preset["description"])


def _recommended(root: Path) -> Iterator[Phrase]:
    """What is said of the models recommended."""
    for path in (root / "resources").glob("recommended.json"):
        for model in json.loads(path.read_text(encoding="utf-8")):
            yield Phrase(RECOMMENDED, model["why"])


def as_source(found: Iterable[Phrase]) -> str:
    """The strings as a module that lupdate understands."""
    lines = ["from PySide6.QtCore import QCoreApplication", ""]
    for phrase in found:
        context, text = (json.dumps(part, ensure_ascii=False) for part in (phrase.context, phrase.text))
        number = ', "", 1' if phrase.plural else ""
        lines.append(f"QCoreApplication.translate({context}, {text}{number})")
    return "\n".join([*lines, ""])


def update(root: Path = ROOT) -> None:
    """Bring every .ts file up to date; what was translated stays, what is no longer said goes."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "phrases.py"
        source.write_text(as_source(phrases(root)), encoding="utf-8")
        for language in LANGUAGES:
            options = ["-no-obsolete", "-locations", "none", "-source-language", "en", "-target-language", language]
            _run("lupdate", str(source), *options, "-ts", str(FOLDER / f"parley_{language}.ts"))


def release() -> None:
    """Build what the program reads."""
    for file in sorted(FOLDER.glob("*.ts")):
        _run("lrelease", "-silent", str(file), "-qm", str(file.with_suffix(".qm")))


def _run(tool: str, *arguments: str) -> None:
    program = Path(sys.executable).with_name(f"pyside6-{tool}")
    subprocess.run([str(program), *arguments], check=True)


if __name__ == "__main__":
    update()
    release()
