"""What travels with every export so that it can be checked without us: root certificate, list of revoked ones, and the recipe."""

from __future__ import annotations

from dpa.config import Settings
from dpa.evidence.seal.models import SealIdentity


def files(identity: SealIdentity, settings: Settings) -> dict[str, bytes]:
    """Return the files by name; the roots of the time-stamp authority are among them where one is set."""
    from dpa.evidence.seal.recipe import recipe

    chain = identity.chain.strip() or identity.certificate.strip()
    found = {"seal-issuers.pem": f"{chain}\n".encode(), "VERIFY.txt": recipe(identity.root_fingerprint).encode()}
    if settings.tsa_roots is not None and settings.tsa_roots.is_file():
        found["tsa-roots.pem"] = settings.tsa_roots.read_bytes()
    if identity.crl.strip():
        found["seal-revoked.pem"] = f"{identity.crl.strip()}\n".encode()
    return found
