"""Make pictures of the model picker on simulated machines, over a local Hub; a display is needed.

python -m tests.pictures.picker FOLDER [NAME...] [--size 1080x720] [--dark] [--repos FOLDER]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.bootstrap.starting import child_starter
from app.catalog.find.recommended import load_recommended
from app.core.catalog.hub import Format
from app.core.paths import Folders, resources
from app.core.prediction.probe_frames import Machine
from app.core.protocol import ChildRole
from app.services.fit_service import FitService
from app.services.hub_service import HubService
from app.services.need_finder import NeedFinder
from app.services.relay import Relay
from app.ui.models.picker import PickerDialog
from app.ui.models.search_bar import FITS_HERE
from app.ui.theme import Theme, ThemeSource
from tests.hub.hubserver import HubServer
from tests.machines import DESKTOP, MACHINES
from tests.pictures.__main__ import settle, wait_for
from tests.pictures.order import Order, command_line, take_order

MAKE_REPOS = Path(__file__).parent.parent / "hub" / "make_repos.py"
REPO_13B = "TheBloke/Llama-2-13B-chat-GGUF"
REPO_70B = "TheBloke/Llama-2-70B-chat-GPTQ"


def opened(repo: str) -> Callable[[PickerDialog], None]:
    def act(dialog: PickerDialog) -> None:
        dialog.search.field.setText(repo)
        dialog.search.submit()
        wait_for(lambda: bool(dialog.view.page or dialog.view.address))
        variant = dialog.view.variant
        if dialog.footer.download.isEnabled() and variant is not None and variant.format is Format.GGUF:
            wait_for(lambda: dialog.view.panel.source == "measured by llama.cpp")

    return act


def searched(dialog: PickerDialog) -> None:
    dialog.search.field.setText("llama")
    dialog.search.submit()
    wait_for(lambda: len(dialog.found.repos.rows) > 2)


def ranked(dialog: PickerDialog) -> None:
    dialog.search.order.setCurrentIndex(dialog.search.order.findData(FITS_HERE))
    wait_for(lambda: len(dialog.found.repos.rows) > 2 and dialog.found.is_searching)
    settle()


def not_found(dialog: PickerDialog) -> None:
    dialog.search.field.setText("no such model")
    dialog.search.submit()
    settle()


def private(dialog: PickerDialog) -> None:
    dialog.open_repo("acme/secret")
    settle()


def nothing(dialog: PickerDialog) -> None:
    """The first page."""


SCENES = {f"picker-{name}": (machine, opened(REPO_13B)) for name, machine in MACHINES.items()} | {
    "picker-first": (DESKTOP, nothing),
    "picker-search": (DESKTOP, searched),
    "picker-ranked": (DESKTOP, ranked),
    "picker-nothing": (DESKTOP, not_found),
    "picker-gptq": (DESKTOP, opened(REPO_70B)),
    "picker-gated": (DESKTOP, opened("meta-llama/Llama-2-7b-chat-hf")),
    "picker-failed": (DESKTOP, private),
}


@contextmanager
def picker(machine: Machine, theme: Theme) -> Iterator[PickerDialog]:
    """The dialog, with children that talk to the Hub of the environment."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["PARLEY_HOME"] = home
        folders, relay, fit = Folders.of(os.environ), Relay(), FitService()
        hub = HubService(child_starter(ChildRole.HUB, folders, None), relay)
        fit.set_machine(machine)
        needs = NeedFinder(hub, fit, child_starter(ChildRole.PROBE, folders, None), relay)
        models = load_recommended(resources())
        dialog = PickerDialog(hub, fit, needs, models, lambda: folders.data / "models", theme)
        yield dialog
        dialog.close()
        needs.shutdown()
        hub.shutdown()


def take(name: str, order: Order, theme: Theme) -> None:
    machine, act = SCENES[name]
    with picker(machine, theme) as dialog:
        dialog.resize(*order.size)
        dialog.show()
        act(dialog)
        settle()
        order.keep(dialog.grab(), name)


@contextmanager
def local_hub(repos: Path | None = None) -> Iterator[None]:
    """Serve the reference repos, made if they are not there, as the Hub of the environment."""
    with tempfile.TemporaryDirectory() as made:
        if repos is None:
            subprocess.run([sys.executable, MAKE_REPOS, made], check=True)
        with HubServer(repos or Path(made)) as server:
            os.environ["HF_ENDPOINT"] = server.url
            yield


def main() -> None:
    parser = command_line(__doc__, SCENES, "1080x720")
    parser.add_argument("--repos", type=Path, help="the reference repos, where they were made before")
    order = take_order(parser)
    source = ThemeSource(order.application, order.appearance)
    with local_hub(order.options.repos):
        for name in order.names:
            take(name, order, source.theme)


if __name__ == "__main__":
    main()
