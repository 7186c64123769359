"""Failures while a newer version of Parley is looked for and fetched; none leaves anything that could be opened."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class UpdateUnsigned(WorldError):
    """The feed's signature is missing, broken, or of another key."""

    text = "The list of versions from {host} does not bear the signature of Parley's makers."
    advice = "It was not used. It may have been changed on its way: try again later, or on another network."


class UpdateUnreadable(WorldError):
    """The feed is signed, or too large to find out, but is no feed."""

    text = "The list of versions from {host} cannot be used: {reason}."
    advice = "Try again later."
    words = (
        "it is too large",
        "it does not have the form it should have",
        "its version is no version",
        "it names a package in a way that is not safe",
    )


class UpdateOlder(WorldError):
    """The feed offers less than what runs: an old one was put in the place of the newest."""

    text = "{host} offers version {version}, but the newer version {current} runs here."
    advice = "Nothing was changed. Somebody may want you to go back to an old version; try again on another network."


class UpdateNotForHere(UserError):
    """The newer version has no package of this system's kind."""

    text = "Version {version} has no package for this machine."
    advice = "Get it where you got Parley."


class UpdatePackageDamaged(WorldError):
    """The package's bytes are not those that the feed names."""

    text = "{file} is not what the list of versions says that it is."
    advice = "It was deleted. It may have been changed on its way: try again later, or on another network."


class UpdateUnsaved(WorldError):
    """The package cannot be written."""

    text = "The new version cannot be kept in {folder}: {reason}."
    advice = "Free some space there or check the folder's permissions, then try again."


class UpdateLost(WorldError):
    """The child that looks for newer versions ended by itself."""

    text = "The search for a newer version stopped: {reason}."
    advice = "Try again."
