"""Parley for developers, from a fresh checkout to a running window.

Needs nothing but Python; makes `.venv` beside the sources, with the pinned dependencies, and runs in it:

    python3 packaging/dev.py run [ARGUMENTS]     start Parley; with arguments, its command line
    python3 packaging/dev.py test [ARGUMENTS]    run the tests, with pytest's arguments
    python3 packaging/dev.py lint                check style, types and the direction of imports
    python3 packaging/dev.py bench [ARGUMENTS]   measure speed
    python3 packaging/dev.py translate           collect what is said, and build the translations
    python3 packaging/dev.py bundle [FOLDER]     build a program that runs without Python, in dist/
    python3 packaging/dev.py package [ARGUMENTS] build what people install on this system, in dist/; see --help
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - anyone may start this file with any Python
    sys.exit("Parley needs Python 3.11 or newer; this is {}.{}.".format(*sys.version_info))

from display import a_display, has_display, opens_window
from environment import Environment
from failures import SetupError
from system_packages import (
    CHINESE_FONT_PACKAGE,
    clean_system_packages,
    freezing_packages,
    has_chinese_font,
    require,
    window_packages,
)

ROOT = Path(__file__).resolve().parent.parent

MOST_TEST_PROCESSES = 4
"""Most tests wait for children, which compute as well; more processes than this take turns."""


def run(environment: Environment, arguments: Sequence[str]) -> int:
    """Start Parley in place of this process; where there is no display it opens in the terminal by itself."""
    if opens_window(arguments) and has_display(sys.platform, os.environ):
        require(window_packages(), "Parley's window")
    environment.ensure()
    program = [str(environment.python), "-P", "-m", "app", *arguments]
    if sys.platform != "win32":
        os.execv(program[0], program)
    return _call(program)


def test(environment: Environment, arguments: Sequence[str]) -> int:
    """Run the tests, the slow ones too, with real windows.

    All of them, and without a screen whose windows would disturb each other, run in several processes, each with a
    virtual screen of its own.
    """
    _prepare_for_windows(environment, ["test", "package"], [*freezing_packages(), *clean_system_packages()])
    command = [str(environment.python), "-m", "pytest", *arguments]
    if arguments or has_display(sys.platform, os.environ):
        return _call_with_screen(command)
    count = min(os.cpu_count() or 1, MOST_TEST_PROCESSES)
    several = ["--numprocesses", str(count), "--dist", "loadfile", "--max-worker-restart", "0"]
    return _call([*command, *several], cwd=ROOT)


def lint(environment: Environment, _arguments: Sequence[str]) -> int:
    """Run every check, even when an earlier one fails."""
    environment.ensure(["lint"])
    scripts = environment.scripts
    checks = [
        [str(scripts / "ruff"), "check"],
        [str(scripts / "ruff"), "format", "--check"],
        [str(environment.python), "-m", "mypy"],
        [str(environment.python), "-m", "mypy", *sorted(map(str, (ROOT / "packaging").glob("*.py")))],
        [str(scripts / "lint-imports")],
    ]
    return max(_call(check, cwd=ROOT) for check in checks)


def bench(environment: Environment, arguments: Sequence[str]) -> int:
    """Measure speed through the whole path, the window included."""
    _prepare_for_windows(environment, ["test"], [])
    return _call_with_screen([str(environment.python), "-m", "tests.bench", *arguments])


def translate(environment: Environment, _arguments: Sequence[str]) -> int:
    """Bring the files of translators up to date, and build what the program reads."""
    environment.ensure()
    return _call([str(environment.python), str(ROOT / "packaging" / "translations.py")], cwd=ROOT)


def bundle(environment: Environment, arguments: Sequence[str]) -> int:
    """Freeze Parley into one folder, `dist/parley` or one in the folder given."""
    require([*freezing_packages(), *window_packages()], "The bundle")
    environment.ensure(["package"])
    target = Path(arguments[0]).absolute() if arguments else ROOT / "dist"
    options = ["--noconfirm", "--distpath", str(target), "--workpath", str(ROOT / "build" / "bundle")]
    return _call([str(environment.python), "-m", "PyInstaller", *options, "packaging/parley.spec"], cwd=ROOT)


def package(environment: Environment, arguments: Sequence[str]) -> int:
    """Build the installers of this system, with llama.cpp's libraries for every machine."""
    require([*freezing_packages(), *window_packages()], "The package")
    environment.ensure(["package"])
    return _call([str(environment.python), str(ROOT / "packaging" / "package.py"), *arguments], cwd=ROOT)


COMMANDS = {command.__name__: command for command in (run, test, lint, bench, translate, bundle, package)}


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands; the result is the exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    command = COMMANDS.get(arguments[0])
    if command is None:
        print(f"There is no command “{arguments[0]}”, only {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    try:
        return command(Environment(ROOT), arguments[1:])
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _prepare_for_windows(environment: Environment, extras: Sequence[str], packages: Sequence[str]) -> None:
    server = [] if has_display(sys.platform, os.environ) or shutil.which("Xvfb") else ["xvfb"]
    if sys.platform.startswith("linux"):
        server += [] if shutil.which("xdotool") else ["xdotool"]
        server += [] if has_chinese_font() else [CHINESE_FONT_PACKAGE]
    require([*packages, *window_packages(), *server], "Opening real windows in tests")
    environment.ensure(extras)


def _call_with_screen(command: Sequence[str]) -> int:
    with a_display() as variables:
        return _call(command, cwd=ROOT, variables=variables)


def _call(command: Sequence[str], cwd: Path | None = None, variables: dict[str, str] | None = None) -> int:
    """Run to the end; Ctrl+C reaches the program itself, which is given the time to end in its own way."""
    process = subprocess.Popen(command, cwd=cwd, env=variables)
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue
        return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
