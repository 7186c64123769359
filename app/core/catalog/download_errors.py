"""Failures of downloads and of the library, each with what is kept and the next step."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class HubUnreachable(WorldError):
    """Attempt after attempt brought no byte."""

    text = "{host} cannot be reached: {reason}."
    advice = "Check your connection. What has arrived is kept, and the download goes on from there."


class HubBusy(WorldError):
    """The Hub answered 429 or 5xx until our patience ended."""

    text = "{host} refuses for now (status {status})."
    advice = "Try again later. What has arrived is kept, and the download goes on from there."


class ProxyUnusable(UserError):
    """The system names a proxy of a kind that is not supported."""

    text = "The proxy {proxy} cannot be used."
    advice = "Set an HTTP proxy in the system's settings, or none."


class ProxyRefused(UserError):
    """A proxy answered 407; `proxy` is its address without the name and the password in it."""

    text = "The proxy {proxy} asks for a name and a password that it knows."
    advice = "Put both into its address in Settings → Downloads and network: http://NAME:PASSWORD@HOST:PORT."


class NotOnHub(UserError):
    """The repo, the commit or the file is not there (any more)."""

    text = "{file} is not, or no longer, in {repo}."
    advice = "Look at the repo's page for what it holds now. What has arrived is kept."


class FileChanged(WorldError):
    """The file at the pinned commit is not the one the download began with."""

    text = "{file} has changed on the Hub since its download began."
    advice = "What has arrived is kept as it is. Try again later, or cancel the download and start it anew."


class WrongSize(WorldError):
    """The Hub announced another size than it sends; sizes are formatted."""

    text = "The Hub announced {announced} for {file}, but has {real}."
    advice = "Look for the file anew on the Hub; what has arrived is kept."


class DownloadDamaged(WorldError):
    """The bytes differ from the Hub's checksum, also after they were fetched a second time."""

    text = "{file} arrived damaged twice: it is not what the Hub's checksum says."
    advice = "It was not put in place; what has arrived is kept. Try again later or on another network."


class DiskTooSmall(WorldError):
    """There is less space than the files need; sizes are formatted."""

    text = "{folder} has {free} free, but {need} are needed."
    advice = "Free some space or choose another folder. What has arrived is kept."


class DiskFilling(WorldError):
    """Other programs have used up the space while a download ran."""

    text = "The disk that holds {folder} is nearly full, so the download has paused."
    advice = "Free some space, then go on; everything that arrived is kept."


class FileTooLarge(WorldError):
    """The file system has a limit on the size of one file."""

    text = "The disk that holds {folder} takes no file as large as this one."
    advice = "Choose a folder on another disk; one with FAT32, for example, takes files of at most 4 GB."


class FolderRefused(WorldError):
    """The system does not let us write there."""

    text = "Nothing can be written to {folder}: {reason}."
    advice = "Check the folder's permissions, or choose another folder."


class FileInTheWay(UserError):
    """Another file has the name of one that is to be downloaded."""

    text = "{file} is already in {folder}, but it is another file."
    advice = "Move it away, or choose another folder."


class DownloadElsewhere(UserError):
    """Another process is downloading the same file."""

    text = "{file} is already being downloaded by another window or command."
    advice = "Wait for it, or stop it there."


class UnsafePath(UserError):
    """A repo names a file outside of itself."""

    text = "The repo has a file named “{file}”, which points outside its folder."
    advice = "Do not use this repo."


class NameRefused(UserError):
    """A repo has a file whose name Windows does not know as one."""

    text = "The repo has a file named “{file}”, which no file can be called on Windows."
    advice = "Look for the same model in another repo."


class LeftBehind(WorldError):
    """A download was given up, but the system does not let us delete what there is of it."""

    text = "Something of {file} is left in {folder}, because it cannot be deleted: {reason}."
    advice = "Delete what ends in “.part” there with your file manager."


class DownloaderLost(WorldError):
    """The child that downloads ended by itself."""

    text = "The download stopped: {reason}."
    advice = "What has arrived is kept. Try again to go on from there."


class TrashRefused(WorldError):
    """The system has no trash for this file."""

    text = "{file} could not be moved to the trash: {reason}."
    advice = "Delete it with your file manager."


class OriginUnknown(UserError):
    """A damaged file cannot be fetched again in parts."""

    text = "Parley does not know where {file} came from, so it cannot mend it."
    advice = "Download the model again from its page; that fetches the whole file."


class NoModelThere(UserError):
    """A path is that of no model."""

    text = "{file} is no model, or part of none."
    advice = "See “parley models list” for what there is."


class CopyDiffers(WorldError):
    """A disk did not keep what was written to it."""

    text = "{file} was not copied faithfully to {folder}."
    advice = "The original is where it was; check the disk before you try again."


class FolderNotNamed(UserError):
    """A folder is not among those of the user."""

    text = "{folder} is not one of your folders for models."
    advice = "See “parley models folders list” for those you have named."


class FolderUnusable(UserError):
    """A path cannot be remembered as a folder for models."""

    text = "{folder} cannot be a folder for models: {reason}."
    advice = "Choose another folder."


class NotOurs(UserError):
    """A model belongs to another program."""

    text = "{file} belongs to {program}."
    advice = "Remove or move it there; Parley only reads it."
