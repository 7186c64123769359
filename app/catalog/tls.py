"""Which servers are believed: those that the system's certificate authorities vouch for, and the user's own beside."""

from __future__ import annotations

import contextlib
import ssl
import sys
from collections.abc import Mapping

import truststore

_OWN = "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"
_OF_THE_SYSTEM = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian
    "/etc/ssl/cert.pem",  # Arch, Alpine, newer Fedora
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
)
"""Where Linux has its authorities. OpenSSL reads the first variable's file instead of its own, not beside it."""


def tls_context(environment: Mapping[str, str]) -> ssl.SSLContext:
    """The system's authorities, and those of the files that the environment names and that can be read."""
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    files = [file for name in _OWN if (file := environment.get(name))]
    if files and sys.platform == "linux":
        files += _OF_THE_SYSTEM
    for file in files:
        with contextlib.suppress(OSError):
            context.load_verify_locations(file)
    return context
