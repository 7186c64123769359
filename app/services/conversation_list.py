"""The sidebar's conversations, and what the user does with whole ones and with folders.

Window process, interface thread; everything is read and written on the storage lane. What another
process changes in the database is noticed within two seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.core.chat.conversation_errors import NotInTrash
from app.core.chat.listing import Folder, Listing
from app.services.conversation_pages import PAGE, ConversationPages
from app.services.relay import Storage, ignore
from app.services.undo import Deed, UndoStack

if TYPE_CHECKING:
    from app.storage.stores import Stores

__all__ = ["PAGE", "ConversationList"]

WATCH_MS = 2000

_T = TypeVar("_T")


class ConversationList(ConversationPages):
    """The list that is always there. Every deed but making something can be taken back through `undo`."""

    stale = Signal()  # something was changed: whatever else shows conversations is read anew
    folders_changed = Signal(list)  # list[Folder]
    changed_elsewhere = Signal()  # another process wrote: what is shown may be old
    made = Signal(object)  # ConversationSummary of a copy
    folder_made = Signal(object)  # Folder
    trashed = Signal(list)  # ids of conversations that are in the trash now
    brought_back = Signal(list)  # ids of those whose deletion was taken back
    trashed_parts_changed = Signal(list)  # list[TrashedMessages]
    answered_elsewhere = Signal(object)  # frozenset of the ids that another process is answering

    def __init__(
        self,
        storage: Storage,
        parent: QObject | None = None,
        *,
        undo: UndoStack | None = None,
        listing: Listing = Listing(),  # noqa: B008 - it is immutable
    ) -> None:
        super().__init__(storage, parent, listing=listing)
        self._change_number: int | None = None
        self._elsewhere = frozenset[int]()
        self.undo = undo or UndoStack(storage, self)
        self.undo.undone.connect(lambda _: self._refresh_all())
        self._watch = QTimer(self)
        self._watch.timeout.connect(self._look)

    def refresh(self, contains: str | None = None) -> None:
        """Read what is shown anew, here and wherever else conversations are listed."""
        super().refresh(contains)
        self.stale.emit()

    def pages(self, listing: Listing) -> ConversationPages:
        """Another list beside this one; it reads itself anew whenever this one does, from its first reading on."""
        made = ConversationPages(self._storage, self, listing=listing)
        made.problem.connect(self.problem)
        self.stale.connect(made.refresh_if_read)
        return made

    def refresh_folders(self) -> None:
        """Read the folders anew."""
        self._storage.call(lambda stores: stores.folders.list(), self.folders_changed.emit, self.problem.emit)

    def watch(self, interval_ms: int = WATCH_MS) -> None:
        """Look from now on whether another process changes the database."""
        self._watch.start(interval_ms)

    def shutdown(self) -> None:
        """Before the storage is closed: look no longer."""
        self._watch.stop()

    def reopen(self) -> None:
        """Try once more to open a database that could not be opened, then read the list."""
        self._storage.settle(self._storage.lane.reopen(), lambda _: self._refresh_all(), self.problem.emit)

    def rename(self, conversation_id: int, title: str) -> None:
        """Give a conversation the user's own title."""

        def remember(before: str) -> None:
            if before != title:
                self.undo.push(Deed.RENAMED, lambda stores: stores.conversations.rename(conversation_id, before))

        self._do(lambda stores: stores.conversations.rename(conversation_id, title), remember)

    def pin(self, ids: Sequence[int], pinned: bool = True) -> None:
        """Let conversations stand first, or no longer."""
        deed = Deed.PINNED if pinned else Deed.UNPINNED
        self._do(
            lambda stores: stores.listing.pin(ids, pinned),
            lambda done: self._remember(deed, done, lambda stores: stores.listing.pin(done, not pinned)),
        )

    def archive(self, ids: Sequence[int], archived: bool = True) -> None:
        """Put conversations away, or take them back."""
        deed = Deed.ARCHIVED if archived else Deed.UNARCHIVED
        self._do(
            lambda stores: stores.listing.archive(ids, archived),
            lambda done: self._remember(deed, done, lambda stores: stores.listing.archive(done, not archived)),
        )

    def file(self, ids: Sequence[int], folder_id: int | None) -> None:
        """Put conversations into a folder, or into none."""
        self._do(
            lambda stores: stores.listing.file(dict.fromkeys(ids, folder_id)),
            lambda before: self._remember(Deed.FILED, before, lambda stores: stores.listing.file(before)),
        )

    def trash(self, ids: Sequence[int]) -> None:
        """Move conversations to the trash."""

        def bring_back(stores: Stores, done: Sequence[int]) -> list[int]:
            found = stores.listing.restore(done)
            if not found:
                raise NotInTrash(id=done[0])
            return found

        def remember(done: list[int]) -> None:
            self._remember(Deed.TRASHED, done, lambda stores: bring_back(stores, done), self.brought_back.emit)
            self.trashed.emit(done)

        self._do(lambda stores: stores.listing.trash(ids), remember)

    def restore(self, ids: Sequence[int]) -> None:
        """Take conversations out of the trash."""
        self._do(lambda stores: stores.listing.restore(ids), ignore)

    def forget(self, ids: Sequence[int]) -> None:
        """Delete conversations for good that are in the trash."""
        self._do(lambda stores: stores.listing.forget(ids), ignore)

    def duplicate(self, conversation_id: int) -> None:
        """Make a copy with every branch; `made` tells of it."""
        self._do(lambda stores: stores.branches.duplicate(conversation_id), self.made.emit)

    def refresh_trashed_parts(self) -> None:
        """Read what was deleted within conversations."""
        self._storage.call(lambda stores: stores.branches.trashed(), self.trashed_parts_changed.emit, self.problem.emit)

    def restore_part(self, trash_id: int) -> None:
        """Bring back what was deleted within a conversation."""
        self._do(lambda stores: stores.branches.restore(trash_id), ignore)

    def empty_trash(self) -> None:
        """Delete for good all that is in the trash, a part at a time so that nothing waits long."""

        def go_on(deleted: int) -> None:
            if deleted:
                self.empty_trash()
            else:
                self.refresh()

        self._storage.call(lambda stores: stores.listing.empty_trash(), go_on, self.problem.emit)

    def create_folder(self, name: str, parent_id: int | None = None, containing: Sequence[int] = ()) -> None:
        """Make a folder and put conversations into it; `folder_made` tells of it."""

        def create(stores: Stores) -> tuple[Folder, dict[int, int | None]]:
            folder = stores.folders.create(name, parent_id)
            return folder, stores.listing.file(dict.fromkeys(containing, folder.id))

        def tell(made: tuple[Folder, dict[int, int | None]]) -> None:
            folder, before = made
            self._remember(Deed.FILED, before, lambda stores: stores.listing.file(before))
            self.folder_made.emit(folder)

        self._do_with_folders(create, tell)

    def rename_folder(self, folder_id: int, name: str) -> None:
        """Give a folder another name."""

        def remember(before: Folder) -> None:
            self.undo.push(Deed.FOLDER_RENAMED, lambda stores: stores.folders.rename(folder_id, before.name))

        self._do_with_folders(lambda stores: stores.folders.rename(folder_id, name), remember)

    def move_folder(self, folder_id: int, parent_id: int | None, position: int | None = None) -> None:
        """Put a folder into another one, or at the top, before the one at `position` or last."""

        def remember(before: Folder) -> None:
            self.undo.push(
                Deed.FOLDER_MOVED, lambda stores: stores.folders.move(folder_id, before.parent_id, before.position)
            )

        self._do_with_folders(lambda stores: stores.folders.move(folder_id, parent_id, position), remember)

    def delete_folder(self, folder_id: int) -> None:
        """Take a folder away; what is in it comes into the one above."""
        self._do_with_folders(
            lambda stores: stores.folders.delete(folder_id),
            lambda deleted: self.undo.push(Deed.FOLDER_DELETED, lambda stores: stores.folders.restore(deleted)),
        )

    def _remember(
        self, deed: Deed, done: object, inverse: Callable[[Stores], _T], then: Callable[[_T], object] = ignore
    ) -> None:
        if done:
            self.undo.push(deed, inverse, then=then)

    def _do(self, operation: Callable[[Stores], _T], then: Callable[[_T], object]) -> None:
        def finish(result: _T) -> None:
            then(result)
            self.refresh()

        self._storage.call(operation, finish, self.problem.emit)

    def _do_with_folders(self, operation: Callable[[Stores], _T], then: Callable[[_T], object]) -> None:
        def finish(result: _T) -> None:
            then(result)
            self.refresh_folders()

        self._do(operation, finish)

    def _refresh_all(self) -> None:
        self.refresh()
        self.refresh_folders()

    def _look(self) -> None:
        def compare(found: tuple[int, frozenset[int]]) -> None:
            number, elsewhere = found
            before, self._change_number = self._change_number, number
            if elsewhere != self._elsewhere:
                self._elsewhere = elsewhere
                self.answered_elsewhere.emit(elsewhere)
            if before is not None and before != number:
                self._refresh_all()
                self.changed_elsewhere.emit()

        self._storage.call(
            lambda stores: (stores.listing.change_number(), stores.listing.answered_elsewhere()), compare, ignore
        )
