"""The typesetting child: colours code and draws formulas, at the pace that hostile ones take."""

from __future__ import annotations

from app.core.chat.typeset_frames import Code, Formula, Tinted, Typeset
from app.core.protocol_errors import ProtocolBroken
from app.worker.base import Worker
from app.worker.highlight import language_name, suffix_of, tints_of
from app.worker.wire import Job


class TypesetWorker(Worker):
    """Runs `Typeset`."""

    def run(self, job: Job) -> None:
        """Run one command; see `Worker`."""
        match job.command:
            case Typeset(id=number, work=Code(text=text, language=language)):
                self._send(Tinted(number, tints_of(text, language), language_name(language), suffix_of(language)))
            case Typeset(id=number, work=Formula() as formula):
                from app.worker.formulas import draw  # its fonts are read when the first formula comes

                self._send(draw(number, formula))
            case other:
                raise ProtocolBroken(f"not a command for typesetting: {other!r}")


WORKER: type[Worker] = TypesetWorker
