"""Failures with servers that run models elsewhere."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class InvalidServer(UserError):
    """What was entered cannot be a server."""

    text = "This server cannot be used: {reason}."
    advice = "Correct it and try again."


class ServerExists(UserError):
    """The name is another server's."""

    text = "There is a server called “{name}” already."
    advice = "Choose another name."


class UnknownServer(UserError):
    """No server has this name."""

    text = "There is no server called “{name}”."
    advice = "Add it, or choose one of those there are."


class ServersUnreadable(WorldError):
    """The list of servers is damaged or may not be read."""

    text = "The list of servers in {file} cannot be read: {reason}."
    advice = "Correct the file, or move it away to begin a new list."


class ServerModelMissing(UserError):
    """A server was named without one of its models."""

    text = "“{server}” was named, but not which of its models is to answer."
    advice = "Name one with --model ID; “parley servers models” lists them."


class InvalidKey(UserError):
    """What was entered cannot be a key."""

    text = "This is not a key: {reason}."
    advice = "Copy it whole from where the server gave it to you."


class KeyUnsaved(WorldError):
    """Neither the keyring nor the configuration folder takes the key."""

    text = "The key cannot be kept: {reason}."
    advice = "Check the permissions of {folder}."


class ServerForbiddenOffline(UserError):
    """The user wants no network, and the server is on another machine."""

    text = "The network is switched off for Parley, and “{server}” is on another machine."
    advice = "Switch it on in the settings, or choose a model on this machine."


class ServerUnreachable(WorldError):
    """There is no connection."""

    text = "“{server}” at {host} cannot be reached: {reason}."
    advice = "Check that it runs and that its address is right, then try again."


class CertificateRefused(WorldError):
    """Nobody we trust vouches for the server's certificate."""

    text = "“{server}” at {host} shows a certificate that is not trusted: {reason}."
    advice = "If the server is yours, name the file of its certificate authority in the server's entry."


class CertificatesUnreadable(UserError):
    """The file of certificate authorities holds none."""

    text = "{file} holds no certificates that can be read."
    advice = "Name a file in PEM format."


class ServerSilent(WorldError):
    """Nothing came for too long."""

    text = "“{server}” sent nothing for {seconds} seconds."
    advice = "It may be loading a model or be busy. Try again, or allow it more time in the server's entry."


class KeyRejected(UserError):
    """401: the server does not know us."""

    text = "“{server}” does not accept the key."
    advice = "Enter the key that belongs to this server."


class KeyNotAllowed(UserError):
    """403: the server knows us, and refuses."""

    text = "“{server}” does not allow this with your key: {reason}."
    advice = "Ask who runs the server, or choose another of its models."


class ServerModelUnknown(UserError):
    """404: no such model, or no such path."""

    text = "“{server}” has no model “{model}” at {address}."
    advice = "Ask it for its models again, and check that its address ends as it should, usually with /v1."


class ServerBusy(WorldError):
    """429: too many requests, also after we waited."""

    text = "“{server}” has too many requests: {reason}."
    advice = "Try again in {seconds} seconds."


class ServerFailed(WorldError):
    """5xx: the server has a problem of its own."""

    text = "“{server}” failed with status {status}: {reason}."
    advice = "Look at the server's log, or try again later."


class ServerRefused(UserError):
    """400 and the like: the request does not please."""

    text = "“{server}” refused the request: {reason}."
    advice = "Change what it names, such as a sampling option or the length of the chat."


class ServerMoved(UserError):
    """3xx: a key is never sent on to where a redirect leads."""

    text = "“{server}” sends Parley on to {address}, which Parley does not follow."
    advice = "If that is right, enter it as the server's address."


class ServerGarbled(WorldError):
    """What came is not of the OpenAI API."""

    text = "“{server}” answered with something that Parley does not understand."
    advice = "Check that its address is that of an OpenAI-compatible API, usually ending with /v1."


class PromptMadeElsewhere(UserError):
    """A server puts the messages into a prompt itself, and does not show it."""

    text = "“{server}” makes the prompt itself, so that it cannot be shown here."
    advice = "Choose a model on this machine to see how it would look."


class ReplyCutOff(WorldError):
    """A reply's stream ended before the reply did."""

    text = "“{server}” broke off in the middle of the reply."
    advice = "What had come is kept. Try again to have the message answered anew."
