from __future__ import annotations

import pytest

from app.catalog.find.endpoint import is_hub_offline
from app.core.program.network import is_offline, network_environment
from app.core.program.settings import SETTINGS

DEFAULTS = {key: setting.default for key, setting in SETTINGS.items()}


def test_without_settings_the_environment_stays() -> None:
    environment = {"HF_HUB_OFFLINE": "1", "HTTPS_PROXY": "http://other:1"}
    assert network_environment(DEFAULTS, environment) == environment


def test_settings_become_the_names_that_libraries_read() -> None:
    chosen = {
        "network.offline": True,
        "network.endpoint": "https://hub.example.org/",
        "network.proxy": "http://proxy:3128",
        "network.ca_file": "/etc/authority.pem",
    }
    made = network_environment({**DEFAULTS, **chosen}, {"HTTPS_PROXY": "http://other:1", "HOME": "/home/ada"})
    assert made["HF_HUB_OFFLINE"] == "1"
    assert made["HF_ENDPOINT"] == "https://hub.example.org"
    assert made["SSL_CERT_FILE"] == "/etc/authority.pem"
    assert {made[name] for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy")} == {"http://proxy:3128"}
    assert made["HOME"] == "/home/ada"


@pytest.mark.parametrize(
    ("environment", "hub", "all_hosts"),
    [
        ({}, False, False),
        ({"HF_HUB_OFFLINE": "yes"}, True, True),
        ({"HF_HUB_OFFLINE": "0"}, False, False),
        ({"TRANSFORMERS_OFFLINE": "1"}, True, False),
    ],
)
def test_the_network_is_switched_off_for_the_hub_or_for_all(environment, hub, all_hosts) -> None:
    assert (is_hub_offline(environment), is_offline(environment)) == (hub, all_hosts)
