"""What travels with every export so that it can be checked without us: root certificate, list of revoked ones, and the recipe."""

from __future__ import annotations

from dpa.evidence.seal.models import SealIdentity


def files(identity: SealIdentity) -> dict[str, bytes]:
    """Return the files by name."""
    from dpa.evidence.seal.recipe import recipe

    chain = identity.chain.strip() or identity.certificate.strip()
    found = {"seal-issuers.pem": f"{chain}\n".encode(), "VERIFY.txt": recipe(identity.root_fingerprint).encode()}
    if identity.crl.strip():
        found["seal-revoked.pem"] = f"{identity.crl.strip()}\n".encode()
    return found
