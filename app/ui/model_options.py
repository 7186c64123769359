"""The dialog “Load options”: how the model at hand is put into memory.

Window process, interface thread.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.engine.engine_frames import ModelInfo
from app.core.engine.loading import DEFAULT_CONTEXT, FlashAttention, KvType, LoadOptions, RopeKind, RopeScaling
from app.core.engine.models import ModelFile
from app.core.errors import ParleyError
from app.core.remote.rpc import checked_rpc_hosts
from app.core.sizes import format_bytes, format_count
from app.ui.fitting_dialog import FittingDialog
from app.ui.icons import ComboBox
from app.ui.labels import wrapped_label
from app.ui.model_words import described
from app.ui.number_boxes import FractionBox, NumberBox
from app.ui.presets.preview import PreviewPane

_LEAST_CONTEXT = 64
_MOST_CONTEXT = 16_777_216
_MOST_LAYERS = 1000
_MOST_THREADS = 512
_WIDTH, _PREVIEW_WIDTH = 480, 340


class ModelOptionsDialog(FittingDialog):
    """Shows a file's options; on OK `accepted_options` carries the new ones and the template's name."""

    accepted_options = Signal(object, str)
    edit_requested = Signal(str)  # the chosen template's name, empty for the model's own

    def __init__(
        self, file: ModelFile, templates: Sequence[str], loaded: ModelInfo | None, parent: QWidget | None = None
    ) -> None:
        """`loaded` is the model as it is in memory now, if it is."""
        super().__init__(parent)
        self._file = file
        self._loaded = loaded
        self._pane: PreviewPane | None = None
        self.setWindowTitle(self.tr("Load options"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._form = QFormLayout()
        self._form.setSpacing(12)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._add_memory_fields(file.options)
        self._add_rope_fields(file.options.rope)
        self.template = self._choice(self.tr("Chat template"), {}, "")
        self.show_templates(templates, file.template)
        self.edit_template = QPushButton(self.tr("Edit template…"))
        self.edit_template.setAutoDefault(False)
        self.edit_template.clicked.connect(self._edit_template)
        self._form.addRow("", self.edit_template)
        self._form.setRowVisible(self.edit_template, False)
        self._add_machines(file.options.rpc_hosts)
        self._problem = wrapped_label("bad", "")
        self._problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 16)
        column.setSpacing(16)
        column.addWidget(wrapped_label("heading", described(self._file)))
        self._fields = QHBoxLayout()
        self._fields.setSpacing(24)
        self._fields.addLayout(self._form, 1)
        column.addLayout(self._fields)
        column.addWidget(self._remark())
        column.addWidget(self._problem)
        column.addWidget(self._buttons())
        self.setMinimumWidth(_WIDTH)

    def add_preview(self, pane: PreviewPane) -> None:
        """Beside the fields, show what the model sees with the chosen template, which can be edited."""
        self._pane = pane
        self.template.currentIndexChanged.connect(self.show_preview)
        self.finished.connect(pane.rest)
        pane.setMinimumWidth(_PREVIEW_WIDTH)
        self.setMinimumWidth(_WIDTH + _PREVIEW_WIDTH)
        self._fields.addWidget(pane, 1)
        self._form.setRowVisible(self.edit_template, True)
        self.show_preview()

    def show_preview(self) -> None:
        """Render with the chosen template, as it is now."""
        if self._pane is not None:
            self._pane.show_template(self.template.currentData(), self._file.identity.path)

    def show_templates(self, names: Sequence[str], chosen: str) -> None:
        """List the templates that can be chosen."""
        self.template.blockSignals(True)
        self.template.clear()
        self.template.addItem(self.tr("The model's own"), "")
        for name in names:
            self.template.addItem(name, name)
        self.template.setCurrentIndex(max(0, self.template.findData(chosen)))
        self.template.blockSignals(False)
        self.show_preview()

    def options(self) -> LoadOptions:
        """What the fields say; all else as it was.

        Raises:
            InvalidRpcHost: a machine cannot be one.
        """
        return msgspec.structs.replace(
            self._file.options,
            context_length=self.context.value() if self.context.value() >= _LEAST_CONTEXT else None,
            gpu_layers=self.gpu_layers.value() if self.gpu_layers.value() >= 0 else None,
            threads=self.threads.value() or None,
            kv_type_k=KvType(self.kv_type.currentData()),
            kv_type_v=KvType(self.kv_type.currentData()),
            flash_attention=FlashAttention(self.flash.currentData()),
            rope=self._rope(),
            rpc_hosts=checked_rpc_hosts(self.machines.text().replace(",", " ").split()),
        )

    def accept(self) -> None:
        """Hand the options over, once all of them can be."""
        try:
            options = self.options()
        except ParleyError as error:
            self._problem.setText(str(error))
            self._problem.show()
            return
        self.accepted_options.emit(options, self.template.currentData())
        super().accept()

    def _edit_template(self) -> None:
        assert self._pane is not None
        self._pane.rest()
        self.edit_requested.emit(self.template.currentData())

    def _rope(self) -> RopeScaling:
        kind = RopeKind(self.rope.currentData())
        factor = self.factor.value() if self.factor.isEnabled() else 1.0
        return msgspec.structs.replace(self._file.options.rope, kind=kind, factor=factor)

    def _add_memory_fields(self, options: LoadOptions) -> None:
        automatic = self.tr("Automatic")
        self.context = self._number(
            self.tr("Context length, in tokens"),
            _LEAST_CONTEXT - 1,
            _MOST_CONTEXT,
            options.context_length,
            self._default_context(),
        )
        self.gpu_layers = self._number(
            self.tr("Layers on the GPU"), -1, _MOST_LAYERS, options.gpu_layers, self.tr("As many as fit")
        )
        self.threads = self._number(self.tr("Threads"), 0, _MOST_THREADS, options.threads, automatic)
        self.kv_type = self._choice(
            self.tr("KV cache"), {str(kind): kind.value.upper() for kind in KvType}, options.kv_type_k.value
        )
        flash = {FlashAttention.AUTO: automatic, FlashAttention.ON: self.tr("On"), FlashAttention.OFF: self.tr("Off")}
        self.flash = self._choice(
            self.tr("Flash attention"), {str(kind): name for kind, name in flash.items()}, options.flash_attention.value
        )

    def _add_rope_fields(self, rope: RopeScaling) -> None:
        names = {
            RopeKind.MODEL: self.tr("The model's own"),
            RopeKind.NONE: self.tr("None"),
            RopeKind.LINEAR: self.tr("Linear"),
            RopeKind.YARN: "YaRN",
            RopeKind.DYNAMIC: self.tr("Dynamic (NTK)"),
        }
        self.rope = self._choice(
            self.tr("Position scaling"), {str(kind): name for kind, name in names.items()}, rope.kind.value
        )
        self.factor = FractionBox()
        self.factor.setRange(1.0, 256.0)
        self.factor.setDecimals(2)
        self.factor.setValue(rope.factor)
        self._form.addRow(self.tr("Scaling factor"), self.factor)
        self.rope.currentIndexChanged.connect(self._show_factor)
        self._show_factor()

    def _add_machines(self, hosts: Sequence[str]) -> None:
        self.machines = QLineEdit(", ".join(hosts))
        self.machines.setPlaceholderText("192.168.1.20:50052, …")
        self._form.addRow(self.tr("Other machines"), self.machines)
        text = self.tr(
            "They hold a part of the model; each runs llama.cpp's rpc-server. For networks you trust alone: "
            "nothing on the way is encrypted."
        )
        self._form.addRow("", wrapped_label("small", text))

    def _show_factor(self) -> None:
        scaled = (RopeKind.LINEAR, RopeKind.YARN, RopeKind.DYNAMIC)
        self.factor.setEnabled(RopeKind(self.rope.currentData()) in scaled)

    def _default_context(self) -> str:
        trained = self._file.context_length
        default = min(trained, DEFAULT_CONTEXT) if trained else DEFAULT_CONTEXT
        return self.tr("Automatic ({tokens})").format(tokens=format_count(default))

    def _remark(self) -> QLabel:
        trained = self._file.context_length
        text = self.tr("The model is loaded anew with these options, and they are kept for it.")
        if trained:
            text = (
                self.tr("The model was trained on {tokens} tokens.").format(tokens=format_count(trained)) + " " + text
            )
        if self._loaded is not None and self._loaded.predicted_bytes:
            memory = self.tr("Memory: at most {predicted} predicted, {measured} measured now.").format(
                predicted=format_bytes(self._loaded.predicted_bytes), measured=format_bytes(self._loaded.memory_bytes)
            )
            text = f"{memory} {text}"
        return wrapped_label("small", text)

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        load = buttons.addButton(self.tr("Load"), QDialogButtonBox.ButtonRole.AcceptRole)
        load.setDefault(True)
        buttons.addButton(self.tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _number(self, name: str, least: int, most: int, value: int | None, left_open: str) -> NumberBox:
        """A field whose least value stands for "left open"."""
        field = NumberBox()
        field.setRange(least, most)
        field.setSpecialValueText(left_open)
        field.setGroupSeparatorShown(True)
        field.setValue(least if value is None else value)
        self._form.addRow(name, field)
        return field

    def _choice(self, name: str, choices: dict[str, str], chosen: str) -> QComboBox:
        field = ComboBox()
        for value, text in choices.items():
            field.addItem(text, value)
        field.setCurrentIndex(max(0, field.findData(chosen)))
        self._form.addRow(name, field)
        return field
