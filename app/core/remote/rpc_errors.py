"""Failures with the machines that hold a part of a model."""

from __future__ import annotations

from app.core.errors import UserError, WorldError


class InvalidRpcHost(UserError):
    """What was entered cannot be a machine with an RPC server."""

    text = "“{host}” cannot be used as a machine that holds a part of the model: {reason}."
    advice = "Correct it and load the model again."


class RpcMissing(WorldError):
    """llama.cpp was built without its RPC backend."""

    text = "This build of Parley cannot spread a model over several machines: its llama.cpp has no RPC."
    advice = "Load the model without other machines, or use a build that has it."


class RpcForbiddenOffline(UserError):
    """The user wants no network, and the host is another machine."""

    text = "The network is switched off for Parley, and a part of the model is to lie on {host}."
    advice = "Switch it on in the settings, or load the model on this machine alone."


class RpcUnreachable(WorldError):
    """No RPC server answers there."""

    text = "The machine {host}, which is to hold a part of the model, cannot be reached: {reason}."
    words = ("its name is not known", "nothing answers in time; it may be at work for another program")
    advice = "Check that rpc-server runs there and for nobody else, and that its address is right, then load again."


class RpcGarbled(WorldError):
    """What answers there is no RPC server, or one too different to be understood."""

    text = "What answers at {host} is no rpc-server that this Parley understands."
    advice = "Check the address and its port, and that rpc-server is of the llama.cpp that “parley doctor” names."


class RpcVersionDiffers(WorldError):
    """An RPC server of another version: the computation would not be the same on both sides."""

    text = "The rpc-server at {host} speaks version {theirs} of its protocol, this Parley {ours}."
    advice = "Run there the rpc-server of the llama.cpp that “parley doctor” names."


class RpcSilent(WorldError):
    """A machine vanished without closing its connection, while its part of the model was needed."""

    text = "The machine {host}, which holds a part of the model, no longer answers."
    advice = "What was written is kept. Check that it runs and is on the network, then load the model again."


class RpcLost(WorldError):
    """llama.cpp gave up while parts of the model were elsewhere: it has no other way when a connection breaks."""

    text = "The engine stopped while it used {hosts}: most likely a machine that holds a part of the model was lost."
    advice = "What was written is kept. Check that every machine runs, then load the model again."
