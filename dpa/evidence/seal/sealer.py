"""An opened key with its certificate, as a value: what signing needs, wherever the key is. Knows no database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from dpa.evidence.seal.certificates import Material
from dpa.problems import Problem

Sign = Callable[[bytes], bytes]
"""Signs data with SHA-256."""


class SealUnavailable(Problem):
    """The key cannot be used now; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """An opened key with its certificate; safe for several threads."""

    identity_id: int
    organisation_id: int
    backend: str
    """Where the key is: `builtin`, `pkcs12` or `pkcs11`."""
    fingerprint: str
    """SHA-256 of the certificate, lower-case hexadecimal."""
    root_fingerprint: str
    """SHA-256 of the root certificate."""
    subject: str
    """Name in the certificate, RFC 4514."""
    not_before: datetime
    not_after: datetime
    material: Material
    """Certificate, chain and lists as DER: what is embedded for verifiers."""
    signature_bytes: int
    """The longest raw signature, in bytes."""
    sign: Sign = field(repr=False)
    """Signs data with SHA-256; raises Misconfigured when a token fails."""

    @property
    def certificate(self) -> bytes:
        """The sealing certificate, DER."""
        return self.material.certificate

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Certificates of its issuers, DER, the root last."""
        return self.material.chain

    @property
    def crl(self) -> bytes | None:
        """Newest list of revoked certificates of an own root, DER; none where the issuer is not ours."""
        return self.material.crls[0] if self.material.crls else None

    def check(self, at: datetime) -> None:
        """Raise `SealUnavailable` unless the certificate is valid at the instant."""
        if at > self.not_after:
            raise SealUnavailable(f"The sealing certificate expired on {self.not_after:%d %B %Y}; make a new one with: dpa seal rotate")
        if at < self.not_before:
            raise SealUnavailable(f"The sealing certificate is not valid before {self.not_before:%d %B %Y %H:%M} UTC; look at the clock of this machine.")
