"""The licences of everything that a bundle carries, as one text that Parley shows; read by `parley.spec`.

Starts from the files and modules that PyInstaller collected, finds the Python distribution or the system's
package that each comes from, and refuses to go on when one has no licence.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

from failures import SetupError

TEXTS = Path(__file__).parent / "licences"
TEXT_NAMES = ("LICEN", "COPYING", "NOTICE")
OWN = {"app", "resources"}
QT = {"pyside6-essentials", "shiboken6"}
ALWAYS = ("llama_cpp_python", "pyinstaller")  # the bootloader is no module of its own
RULER = "=" * 78


def licences(files: Iterable[tuple[str, str]], modules: Iterable[str]) -> str:
    """All the texts; `files` are (target in the bundle, source) pairs, `modules` dotted names.

    Raises:
        SetupError: something is shipped of which no licence is known.
    """
    owners = packages_distributions()
    parts = {name.partition(".")[0] for name in modules}
    names, packages = set(ALWAYS), set()
    for target, source in files:
        first = Path(target).parts[0]
        if len(Path(target).parts) > 1 and not first.startswith("python3"):
            parts.add(first)
        elif _is_of_the_system(source):
            packages.add(_package_of(source))
    for part in sorted(parts - OWN - sys.stdlib_module_names):
        names.update(_owners(part, owners))
    found = [distribution(name) for name in sorted({_normal(name) for name in names})]
    sections = [("Python", sys.version.partition(" ")[0], _python())]
    sections += [(one.name, one.version, _texts(one)) for one in found]
    sections += [(name, "from Debian", _copyright(name)) for name in sorted(packages)]
    own = (TEXTS.parent.parent / "LICENSE").read_text(encoding="utf-8")
    return "\n\n".join(_section(*section) for section in [("Parley", "", own), *sections]) + "\n"


def _section(name: str, version: str, text: str) -> str:
    return f"{RULER}\n{name} {version}".rstrip() + f"\n{RULER}\n\n{text.strip()}"


def _owners(part: str, owners: dict[str, list[str]] | object) -> set[str]:
    """The distributions of a top-level module or folder."""
    assert isinstance(owners, dict)
    if part in owners:
        return set(owners[part])
    if part.endswith((".dist-info", ".egg-info")):
        return {part.partition("-")[0]}
    if part.endswith(".libs"):
        return {part.removesuffix(".libs")}
    if part.startswith(("pyi", "_pyi")):
        return {"pyinstaller"}
    private = next((name for name in owners if part.startswith(f"{name}__") or part == f"_{name}"), None)
    if private is None and "__" in part:  # a module that mypyc compiled for the package next to it
        return set()
    if private is None:
        raise SetupError(f"“{part}” is shipped, and nothing says under which licence.")
    return set(owners[private])


def _texts(one: Distribution) -> str:
    normal = _normal(one.name)
    if normal in QT:
        return "\n\n".join((TEXTS / f"{name}.txt").read_text("utf-8") for name in ("qt", "lgpl-3.0", "gpl-3.0"))
    texts = [
        Path(str(file.locate())).read_text(encoding="utf-8", errors="replace").strip()
        for file in one.files or []
        if any(word in file.name.upper() for word in TEXT_NAMES) and not file.name.endswith((".py", ".pyc"))
    ]
    if normal == "llama-cpp-python":
        texts.append("It contains llama.cpp and ggml:\n\n" + (TEXTS / "llama.cpp.txt").read_text("utf-8"))
    about = one.metadata.json
    if not texts and "MIT" in (about.get("license_expression"), about.get("license")):
        author = about.get("author") or about["author_email"]
        texts = [f"MIT License\n\nCopyright (c) {author}\n\n{(TEXTS / 'mit.txt').read_text('utf-8')}"]
    if not texts:
        raise SetupError(f"{one.name} is shipped, and has no text of its licence.")
    return "\n\n".join(dict.fromkeys(texts))


def _normal(name: str) -> str:
    return name.lower().replace("_", "-")


def _python() -> str:
    standard = Path(sys.base_prefix, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "LICENSE.txt")
    debian = Path("/usr/share/doc", f"python{sys.version_info.major}.{sys.version_info.minor}", "copyright")
    for path in (standard, Path(sys.base_prefix, "LICENSE.txt"), Path(sys.base_prefix, "LICENSE"), debian):
        if path.is_file():
            return path.read_text(encoding="utf-8", errors="replace")
    raise SetupError("Python's own licence was not found.")


def _is_of_the_system(source: str) -> bool:
    path = Path(source)
    return path.is_relative_to("/lib") or (path.is_relative_to("/usr/lib") and "lib-dynload" not in path.parts)


def _package_of(library: str) -> str:
    """The Debian package of a file; dpkg knows it by the one name of the two that `/lib` has nowadays."""
    path = Path(library).resolve()
    merged = (
        [path, Path("/", *path.parts[2:])] if path.is_relative_to("/usr") else [path, Path("/usr", *path.parts[1:])]
    )
    for name in merged:
        asked = subprocess.run(["dpkg", "-S", str(name)], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            return asked.stdout.partition(":")[0]
    raise SetupError(f"{library} is shipped, and no package owns it.")


def _copyright(package: str) -> str:
    return Path("/usr/share/doc", package, "copyright").read_text(encoding="utf-8", errors="replace")
