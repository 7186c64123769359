"""The dialog that adds or changes a server.

Window process, interface thread. The key is in its field and in one frame to the child that keeps it, and
nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.errors import ParleyError
from app.core.remote.servers import DEFAULT_TIMEOUT_SECONDS, KeyPlace, Server, checked_server
from app.ui.file_dialogs import ask_file
from app.ui.fitting_dialog import FittingDialog
from app.ui.foot_row import foot_row
from app.ui.labels import wrapped_label
from app.ui.number_boxes import NumberBox

_LONGEST_TIMEOUT = 3600
_WIDTH = 72
"""In characters, so that what stands in an empty field can be read at every size of text."""


class ServerForm(FittingDialog):
    """Shows a server, or begins a new one; `entered` carries what the user saves, and the key if one was typed."""

    entered = Signal(object, str)  # Server, key
    key_removed = Signal()

    def __init__(self, server: Server | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Change a server") if server else self.tr("Add a server"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * _WIDTH)
        self._server = server
        self.name = QLineEdit(server.name if server else "")
        self.name.setPlaceholderText(self.tr("Workstation"))
        self.address = QLineEdit(server.base_url if server else "")
        self.address.setPlaceholderText("http://192.168.1.20:8000/v1")
        self.key = QLineEdit()
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText(self.tr("None, if the server asks for none"))
        self.ca_file = QLineEdit(server.ca_file if server else "")
        self.ca_file.setPlaceholderText(self.tr("The system's certificates only"))
        self.models = QLineEdit(", ".join(server.typed_models) if server else "")
        self.models.setPlaceholderText(self.tr("Only what the server does not list, with commas between"))
        self.timeout = NumberBox()
        self.timeout.setRange(1, _LONGEST_TIMEOUT)
        self.timeout.setSuffix(self.tr(" seconds of silence"))
        self.timeout.setValue(int(server.timeout_seconds if server else DEFAULT_TIMEOUT_SECONDS))
        self.forget = QPushButton(self.tr("Forget the key"))
        self.forget.clicked.connect(self.key_removed)
        self.forget.hide()
        self._kept = wrapped_label(
            "small", self.tr("The key goes to this server alone, and is in no log and no database.")
        )
        self._problem = wrapped_label("bad")
        self._problem.hide()
        self.save = QPushButton(self.tr("Save"))
        self.save.setDefault(True)
        self.save.clicked.connect(self._save)
        self._lay_out()

    def show_key(self, place: KeyPlace, *, has_keyring: bool) -> None:
        """Say whether a key is kept, and where a new one would be."""
        kept = place is not KeyPlace.NONE
        self.forget.setVisible(kept)
        self.key.setPlaceholderText(
            self.tr("Kept; a new one takes its place") if kept else self.tr("None, if the server asks for none")
        )
        self._kept.setText(
            self.tr("The key goes to this server alone; it is kept in the system's keyring.")
            if has_keyring
            else self.tr("The key goes to this server alone; without a keyring it is in a file only you can read.")
        )

    def show_error(self, error: ParleyError) -> None:
        """Say what is wrong with what was entered."""
        self._problem.setText(str(error))
        self._problem.show()

    def _save(self) -> None:
        try:
            server = checked_server(
                self.name.text(),
                self.address.text(),
                self.ca_file.text(),
                float(self.timeout.value()),
                self.models.text().split(","),
            )
        except ParleyError as error:
            self.show_error(error)
            return
        self.entered.emit(server, self.key.text().strip())

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(12)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Name"), self.name)
        form.addRow(self.tr("Address"), self.address)
        form.addRow(self.tr("Key"), self.key)
        form.addRow(self.tr("Models"), self.models)
        form.addRow(self.tr("Certificates"), self._with_choice())
        form.addRow(self.tr("Give up after"), self.timeout)
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(
            wrapped_label(
                "muted", self.tr("Any server that speaks the OpenAI API: vLLM, llama-server, Ollama, LM Studio.")
            )
        )
        column.addLayout(form)
        column.addWidget(self._kept)
        column.addWidget(self._problem)
        column.addStretch(1)
        column.addLayout(foot_row([self.forget], [cancel, self.save]))

    def _with_choice(self) -> QHBoxLayout:
        choose = QPushButton(self.tr("Choose…"))
        choose.setAutoDefault(False)
        choose.setAccessibleName(self.tr("Choose a file of certificates"))
        choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.ca_file, 1)
        row.addWidget(choose)
        return row

    def _choose(self) -> None:
        names = self.tr("Certificates (*.pem *.crt *.cer);;All files (*)")
        ask_file(self, self.tr("Choose a file of certificates"), self._take_ca_file, filters=names)

    def _take_ca_file(self, chosen: Path) -> None:
        self.ca_file.setText(str(chosen))
