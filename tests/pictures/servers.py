"""Pictures of the servers' dialogs and the model menu: `python -m tests.pictures.servers FOLDER [--dark]`."""

from __future__ import annotations

import sys
import tempfile

import msgspec

from app.core.engine.models import ModelFile
from app.core.paths import Folders
from app.core.remote.server_errors import ServerUnreachable
from app.core.remote.servers import KeyPlace, checked_server
from app.ui.server_consent import ConsentDialog
from app.ui.servers_dialog import ServersDialog
from tests.pictures.__main__ import MODEL, settle
from tests.pictures.order import command_line, take_order
from tests.pictures.settings import keep
from tests.program import build

MODELS = ("Qwen/Qwen3-32B-AWQ", "meta-llama/Llama-3.3-70B-Instruct")


def main() -> None:
    order = take_order(command_line(__doc__))
    with tempfile.TemporaryDirectory() as home:
        engine = [sys.executable, "-m", "tests.pictures.staged_engine", "done"]
        program = build(Folders.of({"PARLEY_HOME": home}), engine)
        program.ground.preferences.set("appearance.theme", order.appearance.value)
        lab = msgspec.structs.replace(checked_server("Lab", "https://vllm.example.org/v1"), models=MODELS)
        program.engines.servers.add(lab)
        program.engines.servers.add(checked_server("Workstation", "192.168.1.20:8080"))
        program.window.resize(*order.size)
        program.window.show()
        program.start()
        settle()
        program.engines.engine.file = ModelFile.on(lab, MODELS[0])
        button = program.view.page.header.model
        button.show_model(program.engines.engine.file)
        button.set_files([MODEL])
        keep(program.window, order, "server-chosen")
        button.open_menu()
        keep(button.drop_down, order, "server-menu")
        models = next(action.menu() for action in button.drop_down.actions() if action.menu() is not None)
        models.popup(program.window.pos())
        keep(models, order, "server-models")
        models.close()
        button.drop_down.close()
        dialog = ServersDialog(program.engines.servers, program.window)
        dialog.open()
        dialog.cards["Lab"].show_known(MODELS, 0.021)
        lost = ServerUnreachable(server="Workstation", host="192.168.1.20", reason="there is no connection")
        dialog.cards["Workstation"].show_error(lost)
        keep(dialog, order, "servers")
        dialog.edit(lab)
        assert dialog.form is not None
        dialog.form.show_key(KeyPlace.KEYRING, has_keyring=True)
        keep(dialog.form, order, "server-form")
        dialog.form.reject()
        dialog.close()
        consent = ConsentDialog(program.engines.servers.servers[1], "llama", program.window)
        consent.open()
        keep(consent, order, "server-consent")
        consent.close()
        program.window.close()
        program.close()


if __name__ == "__main__":
    main()
