"""The installer for Windows, by NSIS, from a frozen folder.

The list of what to uninstall is made from that folder, so that nothing of the user's can be removed with it.
Also compiles elsewhere, where makensis is installed. `PARLEY_SIGN_COMMAND` is called with each file to sign.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from failures import SetupError

SCRIPT = Path(__file__).parent / "windows" / "parley.nsi"


def build(bundle: Path, version: str, target: Path) -> Path:
    """Compile the installer.

    Raises:
        SetupError: NSIS is missing or refuses.
    """
    import artwork

    compiler = shutil.which("makensis")
    if compiler is None:
        raise SetupError("The installer needs NSIS (Windows: “choco install nsis”; Debian: “apt-get install nsis”).")
    installer = target / f"Parley-{version}-setup.exe"
    with tempfile.TemporaryDirectory() as folder:
        lists = Path(folder)
        (lists / "parley.ico").write_bytes(artwork.ico())
        files, folders = removals(bundle)
        (lists / "files.nsh").write_text("\n".join(files) + "\n", encoding="utf-8-sig")
        (lists / "folders.nsh").write_text("\n".join(folders) + "\n", encoding="utf-8-sig")
        defined = {
            "VERSION": version,
            "BUNDLE": bundle,
            "ICON": lists / "parley.ico",
            "TARGET": installer,
            "FILES": lists / "files.nsh",
            "FOLDERS": lists / "folders.nsh",
        }
        if "PARLEY_SIGN_COMMAND" in os.environ:
            defined["SIGN"] = os.environ["PARLEY_SIGN_COMMAND"]
        options = [f"-D{name}={value}" for name, value in defined.items()]
        if subprocess.run([compiler, "-V2", "-WX", *options, str(SCRIPT)], check=False).returncode:
            raise SetupError("makensis failed; see above.")
    return installer


def removals(bundle: Path) -> tuple[list[str], list[str]]:
    """NSIS instructions that delete each file, and then each folder, the inner ones first."""
    places = sorted(bundle.rglob("*"), reverse=True)
    shown = {path: "\\".join(path.relative_to(bundle).parts).replace("$", "$$") for path in places}
    files = [f'Delete "$INSTDIR\\{shown[path]}"' for path in places if not path.is_dir()]
    return files, [f'RMDir "$INSTDIR\\{shown[path]}"' for path in places if path.is_dir()]
