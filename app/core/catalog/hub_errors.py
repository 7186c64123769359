"""Failures while the Hub is searched and its repos are read."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class Offline(UserError):
    """The user wants no network, as the settings or the environment say."""

    text = "The network is switched off for Parley, by “Work offline” in the settings or by HF_HUB_OFFLINE."
    advice = "Switch it on there; the models on this machine work without it."


class HubSilent(WorldError):
    """The Hub could not be reached, or did not answer in time."""

    text = "{host} does not answer: {reason}."
    advice = "Check your connection and try again; the models on this machine work without it."


class HubUntrusted(WorldError):
    """Nobody we trust vouches for the certificate of the Hub, or of where it leads; to ask again would not help."""

    text = "{host} shows a certificate that is not trusted: {reason}."
    advice = "If your network has an authority of its own, name its file in Settings → Downloads and network."


class HubOverloaded(WorldError):
    """The Hub answered 429; `seconds` is what it asks us to wait."""

    text = "{host} has had too many requests from here."
    advice = "Try again in {seconds} seconds; with a token, more requests are allowed."


class HubFailed(WorldError):
    """The Hub answered with an error of its own, or with something that makes no sense."""

    text = "{host} answered with an error: {reason}."
    advice = "Try again later."


class RepoNotFound(UserError):
    """No repo of this name, or one that this token may not see."""

    text = "There is no repo {repo} on the Hub."
    advice = "Check its name; if it is private, enter a token of an account that may read it."


class BranchNotFound(UserError):
    """The repo has no such branch."""

    text = "{repo} has no branch “{branch}”."
    advice = "Leave the branch out to see all that there are."


class RepoGated(UserError):
    """The repo's files are for those who accepted its terms; we are not known to have done so."""

    text = "{repo} asks who you are before it lets anyone read its files."
    advice = "Accept its terms at {address}, then enter a token from your account's settings."


class AccessPending(RepoGated):
    """The token is known, but its owner was not granted access to the repo."""

    text = "Your account may not read the files of {repo} yet."
    advice = "Accept its terms or ask for access at {address}; once it is granted, try again."


class TokenRejected(UserError):
    """The Hub does not know the token."""

    text = "{host} does not accept your token."
    advice = "It may have expired: create a new one in your account's settings and enter it."


class InvalidToken(UserError):
    """What was entered cannot be a token."""

    text = "This is not a token: {reason}."
    advice = "A token begins with hf_; copy it whole from your account's settings."


class NotARepo(UserError):
    """The text names no repo."""

    text = "“{text}” names no model on the Hub."
    advice = "Write owner/name, owner/name:branch, or paste the address of the model's page."


class SafetensorsDamaged(WorldError):
    """A safetensors file's header is cut off or contradicts itself."""

    text = "{file} is damaged or incomplete: {reason}."
    advice = "Download it again, or choose another file."


class RemoteHeaderTooLong(WorldError):
    """A file on the Hub has a header longer than Parley is willing to fetch; sizes are formatted."""

    text = "The header of {file} is longer than {limit}."
    advice = "Download the file to use it; its memory need can only be estimated."


class HubLost(WorldError):
    """The child that talks with the Hub ended by itself."""

    text = "The search stopped: {reason}."
    advice = "Try again."


class TokenUnsaved(WorldError):
    """Neither the keyring nor the configuration folder takes the token."""

    text = "The token cannot be kept: {reason}."
    advice = "Check the permissions of {folder}, or set HF_TOKEN."
