"""Which servers are believed: those that the system's certificate authorities vouch for, and the user's own beside."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping

import truststore

_OWN = "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"


def tls_context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """The system's authorities, and those of the files that the environment names and that can be read."""
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in _OWN:
        if file := environment.get(name):
            with contextlib.suppress(OSError):
                context.load_verify_locations(file)
    return context
