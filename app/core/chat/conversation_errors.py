"""Failures of what is done with conversations, their messages and folders."""

from __future__ import annotations

from app.core.errors import UserError


class UnknownConversation(UserError):
    """No conversation has this number."""

    text = "There is no chat {id}."
    advice = "See “parley chats list” for those there are."


class UnknownMessage(UserError):
    """No message has this number, or it belongs to another conversation."""

    text = "There is no message {id} in this chat."
    advice = "It may have been deleted meanwhile; open the chat again."


class ConversationBusy(UserError):
    """A reply is being written, perhaps by another process, at the place that is to be changed."""

    text = "Chat {id} is being answered elsewhere at this moment."
    advice = "Wait until that reply is done, or stop it there first."


class UnknownFolder(UserError):
    """No folder has this number."""

    text = "There is no folder {id}."
    advice = "See “parley chats folders list” for those there are."


class FolderInsideItself(UserError):
    """A folder was to be moved into itself or into a folder below it."""

    text = "The folder “{name}” cannot be moved into itself."
    advice = "Choose a folder outside it."


class NotInTrash(UserError):
    """What was to be brought back is not in the trash any more."""

    text = "There is no {id} in the trash."
    advice = "See “parley chats trash” for what there is; it is kept for 30 days."


class NothingToContinue(UserError):
    """A message was to be continued that is not a reply with words in it."""

    text = "Only a reply that has begun can be continued."
    advice = "Ask for a new reply instead."


class NoSuchFolder(UserError):
    """No folder has this name."""

    text = "There is no folder called “{name}”."
    advice = "See “parley chats folders list” for those there are."


class SeveralFolders(UserError):
    """More than one folder has this name."""

    text = "There are several folders called “{name}”."
    advice = "Name it by its number; see “parley chats folders list”."


class OneConversation(UserError):
    """Messages of several conversations were to be deleted at once."""

    text = "A message belongs to one chat, but several were named."
    advice = "Name the one it is in."


class MessageBeyondContext(UserError):
    """A message that is about to be sent is longer than the model can read; counts are formatted."""

    text = "This message comes to {tokens} tokens, but the model reads at most {limit} at once."
    advice = "Send only its beginning, load the model with a longer context, or leave something out."
