"""Opens the picker and the downloads over the window; made when one of them is first asked for.

Window process, interface thread.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.catalog.find.recommended import load_recommended
from app.core.catalog.hub import Variant
from app.core.paths import resources
from app.core.prediction.probe_frames import Machine
from app.services.child_slot import ChildFactory
from app.services.disk_library import DiskLibrary
from app.services.download_queue import DownloadQueue
from app.services.engine_host import EngineHost
from app.services.fit_service import FitService
from app.services.hub_service import HubService
from app.services.machine_probe import MachineProbe
from app.services.measurement_recorder import MeasurementRecorder
from app.services.model_fetch import ModelFetch
from app.services.model_import import ModelImport
from app.services.model_library import ModelLibrary
from app.services.need_finder import NeedFinder
from app.services.preferences import Preferences
from app.services.relay import Relay
from app.ui.file_dialogs import ask_folder
from app.ui.models.downloads import DownloadsDialog
from app.ui.models.folders_dialog import FoldersDialog
from app.ui.models.import_dialog import ImportDialog
from app.ui.models.library_dialog import LibraryDialog
from app.ui.models.picker import PickerDialog, Wanted
from app.ui.theme import Theme, ThemeSource


class ModelDesk(QObject):
    """One picker, which keeps what was searched until the window closes."""

    settings_requested = Signal(str)  # the key of a setting; `go_on_after` is told of the window with it

    def __init__(
        self,
        window: QWidget,
        theme: ThemeSource,
        hub: HubService,
        fetch: ModelFetch,
        queue: DownloadQueue,
        imports: ModelImport,
        probe: MachineProbe,
        engine: EngineHost,
        measurements: MeasurementRecorder,
        disk: DiskLibrary,
        library: ModelLibrary,
        preferences: Preferences,
        start_probe: ChildFactory,
        relay: Relay,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._theme = theme
        self._fetch = fetch
        self._queue = queue
        self._imports = imports
        self._disk = disk
        self._library = library
        self._preferences = preferences
        self._probe = probe
        self._engine = engine
        self._measurements = measurements
        self._fit = FitService(measurements.calibration)
        if probe.machine is not None:
            self._fit.set_machine(probe.machine, engine.model)
        self._needs = NeedFinder(hub, self._fit, start_probe, relay, self)
        models = load_recommended(resources())
        self.picker = PickerDialog(hub, self._fit, self._needs, models, lambda: fetch.folder, theme.theme, window)
        self.picker.download_requested.connect(self._download)
        self.picker.settings_requested.connect(self._leave_for_settings)
        self.picker.folders_requested.connect(lambda: FoldersDialog(disk.folders, self.picker).open())
        disk.folders.changed.connect(self.picker.show_footer)
        probe.found.connect(self._take_machine)
        disk.checkpoint.connect(self._show_checkpoint)
        measurements.changed.connect(self._take_calibration)
        theme.changed.connect(self._take_theme)

    def choose_model(self, query: str = "") -> None:
        """Open the picker, searching for something if that is given; what is free now is asked anew."""
        self._probe.ask()
        self.picker.open()
        if query:
            self.picker.search.look_for(query)

    def go_on_after(self, settings: QDialog) -> None:
        """Once the settings are closed, come back to the picker and ask once more."""
        settings.finished.connect(self._come_back, Qt.ConnectionType.SingleShotConnection)

    def show_downloads(self) -> None:
        """Open the list of downloads."""
        dialog = DownloadsDialog(self._queue, self._imports, self._preferences, self._window)
        dialog.find_requested.connect(lambda: self.choose_model())
        dialog.open()

    def show_library(self) -> LibraryDialog:
        """Open the list of models on this machine."""
        dialog = LibraryDialog(self._disk, self._library, self._window)
        dialog.find_requested.connect(self.choose_model)
        dialog.import_requested.connect(self.choose_folder)
        dialog.prepare_requested.connect(self.import_folder)
        dialog.open()
        return dialog

    def choose_folder(self) -> None:
        """Let the user choose a folder of safetensors to be prepared."""
        ask_folder(self._window, self.tr("Import a folder of safetensors"), self.import_folder)

    def import_folder(self, folder: Path) -> None:
        """Look at a folder, then say what becomes of it and ask how it is to be done."""
        self._disk.look_at(folder)

    def shutdown(self) -> None:
        """End what still measures before the program exits."""
        self._needs.shutdown()

    def _show_checkpoint(self, folder: Path, variant: Variant, prompt_template: str) -> None:
        dialog = ImportDialog(folder, variant, prompt_template, self._fetch.folder, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.wished.connect(lambda wishes: self._fetch.prepare_folder(folder, wishes))
        dialog.wished.connect(lambda _: self.show_downloads())
        dialog.open()

    def _leave_for_settings(self, key: str) -> None:
        """The picker would keep the settings' window from being used."""
        self.picker.reject()
        self.settings_requested.emit(key)

    def _come_back(self) -> None:
        self.choose_model()
        self.picker.ask_again()

    def _download(self, wanted: Wanted) -> None:
        self._fetch.fetch(wanted.variant, wanted.wishes)

    def _take_machine(self, machine: Machine) -> None:
        self._fit.set_machine(machine, self._engine.model)
        self.picker.show_machine()

    def _take_calibration(self) -> None:
        self._fit.calibration = self._measurements.calibration
        self.picker.view.rank()

    def _take_theme(self, theme: Theme) -> None:
        self.picker.set_theme(theme)
