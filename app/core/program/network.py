"""What the user wishes of the network, as the environment tells it to a child process; and which hosts are none."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from app.core.program.settings import SettingValue

_TRUE = frozenset({"1", "ON", "YES", "TRUE"})
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def network_environment(settings: Mapping[str, SettingValue], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the user's network settings in it; where one is empty, the environment stays as it is.

    A switch-off of the network in the environment is never undone.
    """
    changed = dict(environment)
    if settings["network.offline"]:
        changed["HF_HUB_OFFLINE"] = "1"
    if endpoint := settings["network.endpoint"]:
        changed["HF_ENDPOINT"] = str(endpoint).rstrip("/")
    if proxy := settings["network.proxy"]:
        for name in _PROXIES:
            changed[name] = changed[name.lower()] = str(proxy)
    if file := settings["network.ca_file"]:
        changed["SSL_CERT_FILE"] = str(file)
    return changed


def is_offline(environment: Mapping[str, str]) -> bool:
    """Whether the user wants that nothing leaves this machine."""
    return is_switched_on("HF_HUB_OFFLINE", environment)


def is_switched_on(name: str, environment: Mapping[str, str]) -> bool:
    """Whether a variable says yes, in one of the words that the Hub's own client knows."""
    return environment.get(name, "").upper() in _TRUE


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's own, so that nothing leaves it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
