"""The parts of the packages that need no build: desktop files, licences, icons, the installers' scripts."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import artwork
import debian
import licences
import minisign
import portable
import pytest
import small_icu
import update_source
import windows_installer
from failures import SetupError
from single_file import build_single_file

from app import __version__
from app.cli.grammar import build_parser
from app.core.program.updates import UpdateSource
from app.core.program.updates import update_source as read_by_the_program

KEY = minisign.KeyPair.generate().public_key.to_base64().decode()
RESOURCES = Path(__file__).parents[2] / "resources"
PACKAGING = Path(__file__).parents[2] / "packaging"
TOOL = b'#!/bin/sh\necho "$@" >"$RAN"\n'
RUNTIME = b"starts it"
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a matter of Linux")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """As small as can be: a program that says its arguments, and a file in a folder."""
    folder = tmp_path / "parley"
    (folder / "_internal" / "a folder").mkdir(parents=True)
    (folder / "_internal" / "a folder" / "file.txt").write_text("$", encoding="utf-8")
    program = folder / "parley"
    program.write_text('#!/bin/sh\necho "$@"; exit 7\n', encoding="utf-8")
    program.chmod(0o755)
    (folder / "parley-window.exe").touch()
    return folder


@linux_only
def test_the_desktop_entry_and_the_metadata_are_valid(tmp_path: Path) -> None:
    for place, text in debian.desktop_files(RESOURCES, __version__).items():
        path = tmp_path / Path(place).name
        path.write_text(text, encoding="utf-8")
        assert "@" not in text
        for ending, command in {
            ".desktop": ["desktop-file-validate"],
            ".metainfo.xml": ["appstreamcli", "validate", "--no-net"],
        }.items():
            if place.endswith(ending) and shutil.which(command[0]):
                checked = subprocess.run([*command, path], capture_output=True, text=True, check=False)
                assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_manual_names_every_command() -> None:
    manual = (RESOURCES / "man" / "parley.1").read_text(encoding="utf-8")
    told = re.findall(r"^\.TP\n\.B (\w+)$", manual.partition(".SH EXIT STATUS")[0], re.MULTILINE)
    assert told == re.findall(r"^    (\w+)", build_parser().format_help(), re.MULTILINE)


def test_icons_have_the_sizes_they_tell() -> None:
    assert struct.unpack(">II", artwork.png(48)[16:24]) == (48, 48)
    icon = artwork.ico()
    kind, count = struct.unpack("<HH", icon[2:6])
    assert (kind, count) == (1, len(artwork.WINDOWS_SIZES))
    size, offset = struct.unpack("<II", icon[6 + 8 : 6 + 16])
    assert icon[offset : offset + 4] == b"\x89PNG" and size < len(icon)
    mac = artwork.icns()
    assert mac[:4] == b"icns" and struct.unpack(">I", mac[4:8])[0] == len(mac)


@linux_only
def test_the_single_file_unpacks_once_and_starts(bundle: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    single = build_single_file(bundle, "1.2", target)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "a cache")}

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run([single, *arguments], env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert run("ask", "two words") == (7, "ask two words\n")
    (unpacked,) = (tmp_path / "a cache" / "parley" / "program").iterdir()
    (unpacked / "parley" / "parley").write_text("#!/bin/sh\necho kept\n", encoding="utf-8")
    (unpacked.parent / "an older version").mkdir()
    assert run("ask") == (0, "kept\n")
    assert run("--remove") == (0, "")
    assert not unpacked.parent.exists()
    assert sorted(path.name for path in target.iterdir()) == [single.name]


@linux_only
def test_an_older_version_is_taken_away_when_a_newer_one_unpacks(bundle: Path, tmp_path: Path) -> None:
    old = tmp_path / ".cache" / "parley" / "program" / "old"
    old.mkdir(parents=True)
    single = build_single_file(bundle, "1.2", tmp_path)
    subprocess.run([single], env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)}, check=False)
    assert not old.exists() and len(list(old.parent.iterdir())) == 1


@pytest.fixture
def appimage(tmp_path: Path) -> Callable[[Mapping[str, bytes]], subprocess.CompletedProcess[str]]:
    """Runs the script with what is fetched as the test says; the SHA-256 in it are those of `TOOL` and `RUNTIME`."""
    script = (PACKAGING / "linux" / "make-appimage.sh").read_text(encoding="utf-8")
    for name, content in (("tool", TOOL), ("runtime", RUNTIME)):
        noted = rf"(?<= {name}_sha256=)[0-9a-f]{{64}}$"
        script, places = re.subn(noted, hashlib.sha256(content).hexdigest(), script, flags=re.MULTILINE)
        assert places == 2
    programs, target = tmp_path / "bin", tmp_path / "dist"
    for folder in (programs, target, tmp_path / "net", tmp_path / "packaging" / "linux", tmp_path / "app"):
        folder.mkdir(parents=True)
    (tmp_path / "app" / "__init__.py").write_text('__version__ = "1.2"\n', encoding="utf-8")
    (target / "parley_1.2_amd64.deb").touch()
    place = tmp_path / "packaging" / "linux" / "make-appimage.sh"
    place.write_text(script, encoding="utf-8")
    for name, text in (("curl", f'cp "{tmp_path}/net/$(basename "$4")" "$3"'), ("dpkg-deb", 'mkdir "$3"')):
        (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        (programs / name).chmod(0o755)

    def run(served: Mapping[str, bytes]) -> subprocess.CompletedProcess[str]:
        for name, content in served.items():
            (tmp_path / "net" / name).write_bytes(content)
        environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "RAN": str(tmp_path / "ran")}
        return subprocess.run(
            ["sh", str(place), str(target)], env=environment, capture_output=True, text=True, check=False
        )

    return run


@linux_only
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the names of the files are those of x86_64")
def test_an_appimage_is_made_with_nothing_that_was_not_verified(
    appimage: Callable[[Mapping[str, bytes]], subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    tool, runtime = "appimagetool-x86_64.AppImage", "runtime-x86_64"
    for served in ({tool: TOOL + b"# changed", runtime: RUNTIME}, {tool: TOOL, runtime: b"changed"}):
        refused = appimage(served)
        assert refused.returncode != 0 and "did NOT match" in refused.stderr
        assert not (tmp_path / "ran").exists()
    made = appimage({tool: TOOL, runtime: RUNTIME})
    assert made.returncode == 0, made.stderr
    arguments = (tmp_path / "ran").read_text(encoding="utf-8").split()
    assert arguments[:2] == ["--appimage-extract-and-run", "--runtime-file"]
    assert arguments[-1] == str(tmp_path / "dist" / "Parley-1.2-x86_64.AppImage")


def test_the_workflows_run_what_others_wrote_at_one_commit_only() -> None:
    for workflow in (PACKAGING.parent / ".github" / "workflows").glob("*.yml"):
        for action, version in re.findall(r"uses: ([\w./-]+)@(\S+)", workflow.read_text(encoding="utf-8")):
            assert action.startswith("actions/") or re.fullmatch(r"[0-9a-f]{40}", version), (workflow.name, action)


def test_the_uninstaller_removes_what_was_installed_and_no_more(bundle: Path) -> None:
    files, folders = windows_installer.removals(bundle)
    assert 'Delete "$INSTDIR\\_internal\\a folder\\file.txt"' in files
    assert folders == ['RMDir "$INSTDIR\\_internal\\a folder"', 'RMDir "$INSTDIR\\_internal"']
    assert not any("*" in line or "/r" in line for line in (*files, *folders))


@pytest.mark.skipif(shutil.which("makensis") is None, reason="needs NSIS")
def test_the_windows_installer_compiles(bundle: Path, tmp_path: Path) -> None:
    installer = windows_installer.build(bundle, __version__, tmp_path)
    assert installer.read_bytes()[:2] == b"MZ"


def test_what_has_no_licence_is_refused() -> None:
    with pytest.raises(SetupError, match="no_such_module"):
        licences.licences([], ["no_such_module"])


def test_licences_of_modules_and_files_are_found() -> None:
    text = licences.licences([("PySide6/Qt/lib/libQt6Core.so.6", "/somewhere")], ["app.core", "msgspec", "json"])
    heads = re.findall(r"^=+\n(\S+)", text, re.MULTILINE)
    assert {"Parley", "Python", "msgspec", "pyside6-essentials", "pyinstaller", "llama-cpp-python"} <= {
        head.lower() if head not in ("Parley", "Python") else head for head in (h.replace("_", "-") for h in heads)
    }
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text and "The ggml authors" in text


def test_a_kept_build_serves_the_same_options_only() -> None:
    key = portable.portable_key("numpy", "2.0", ["-a"])
    assert key == portable.portable_key("numpy", "2.0", ["-a"])
    assert key not in (portable.portable_key("numpy", "2.1", ["-a"]), portable.portable_key("numpy", "2.0", ["-b"]))


@linux_only
def test_each_library_is_taken_once_and_by_the_name_it_is_loaded_by(tmp_path: Path) -> None:
    for name in ("libllama.so", "libggml.so", "libggml-base.so"):
        (tmp_path / f"{name}.0.1").touch()
        (tmp_path / f"{name}.0").symlink_to(f"{name}.0.1")
        (tmp_path / name).symlink_to(f"{name}.0")
    (tmp_path / "libggml-cpu-haswell.so").touch()
    names = [path.name for path in portable.built_libraries(tmp_path)]
    assert names == ["libggml-base.so.0", "libggml-cpu-haswell.so", "libggml.so.0", "libllama.so"]


def test_the_program_lies_alone_in_the_archive(bundle: Path, tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("a matter of Linux")
    single = build_single_file(bundle, "1.2", tmp_path)
    content = single.read_bytes()
    start = int(re.search(rb"tail -c \+(\d+)", content)[1]) - 1  # type: ignore[index]
    packed = tmp_path / "content.tar.xz"
    packed.write_bytes(content[start:])
    with tarfile.open(packed) as archive:
        assert {Path(entry.name).parts[0] for entry in archive} == {"parley"}
        assert {entry.uname for entry in archive} == {""}


COMPARE = """
from PySide6.QtCore import QCollator, QLocale, QTimeZone
words = ["Zebra", "zebra", "Äpfel", "apfel", "Öl", "örn", "ångström", "汉", "语", "模型", "10", "9", "straße"]
for name in ("C", "de_DE", "sv_SE", "zh_CN", "en_US", "ja_JP", "tr_TR"):
    locale = QLocale(name)
    collator = QCollator(locale)
    print(name, sorted(words, key=collator.sortKey), locale.toUpper("iı"), QLocale.languageToString(locale.language()))
    print(QTimeZone(b"Europe/Berlin").displayName(QTimeZone.TimeType.StandardTime, QTimeZone.NameType.LongName, locale))
"""


@linux_only
def test_qt_sorts_and_names_with_the_small_icu_as_with_the_whole(tmp_path: Path) -> None:
    import PySide6

    whole = next((Path(PySide6.__file__).parent / "Qt" / "lib").glob("libicudata.so.*"))
    small = small_icu.shrink(whole, tmp_path)
    assert small.stat().st_size < whole.stat().st_size / 2

    def answers(**variables: str) -> str:
        command = [sys.executable, "-c", COMPARE]
        return subprocess.run(
            command, env=os.environ | variables, capture_output=True, text=True, check=True, encoding="utf-8"
        ).stdout

    assert answers(LD_PRELOAD=str(small)) == answers()


def test_what_is_no_icu_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "libicudata.so.73"
    other.write_bytes(b"something else")
    with pytest.raises(SetupError, match="no archive"):
        small_icu.shrink(other, tmp_path)


def test_a_build_is_told_where_newer_versions_are(tmp_path: Path) -> None:
    key = minisign.KeyPair.generate().public_key
    file = tmp_path / "parley.pub"
    file.write_bytes(bytes(key) + b"\n")
    address = "https://parley.example.org/feed.json"
    given = update_source.told(address, file)
    content = update_source.update_file(given)
    (tmp_path / "updates.json").write_text(content, encoding="utf-8")
    assert read_by_the_program(tmp_path) == UpdateSource(address, key.to_base64().decode())
    assert update_source.update_file(update_source.told(None, None)) == ""
    assert update_source.update_file({update_source.ADDRESS: "", update_source.KEY: ""}) == ""


@pytest.mark.parametrize(
    ("address", "key"),
    [("", KEY), ("https://parley.example.org/feed.json", ""), ("http://parley.example.org/", KEY), ("https://a/", "x")],
    ids=["no address", "no key", "no encryption", "no key's form"],
)
def test_a_build_is_not_told_half_or_nonsense(address: str, key: str) -> None:
    with pytest.raises(SetupError):
        update_source.update_file({update_source.ADDRESS: address, update_source.KEY: key})


def test_a_key_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"missing\.pub"):
        update_source.told("https://parley.example.org/", tmp_path / "missing.pub")
