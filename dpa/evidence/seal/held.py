"""Reading the time-stamps that a file of ours holds: what they state, and until when their certificates are good.

Only for files from the store, whose time-stamps were examined when they came (`tokens`). Nothing is verified here; a stranger's file
goes through `dpa.evidence.verification`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms, x509
from pyhanko.pdf_utils.reader import PdfFileReader


@dataclass(frozen=True, slots=True)
class Held:
    """The time-stamps of a file, taken together."""

    proved_at: datetime | None = None
    """The oldest instant that one states; none without any."""
    stamped_at: datetime | None = None
    """The instant of the newest archive time-stamp; none without one."""
    ends_at: datetime | None = None
    """When the certificate of the newest archive time-stamp ends."""
    authority: str = ""
    """Name in that certificate."""
    tokens: tuple[bytes, ...] = ()
    """All of them (TimeStampToken, DER), the oldest first."""


def held(content: bytes) -> Held:
    """Return what a sealed file holds. Raises whatever the library raises for a file that is none."""
    signatures = PdfFileReader(BytesIO(content), strict=True).embedded_signatures
    inside = [token for one in signatures if one.sig_object_type == "/Sig" for token in _inside(one.signer_info)]
    archive = [cms.ContentInfo({"content_type": "signed_data", "content": one.signed_data}) for one in signatures if one.sig_object_type == "/DocTimeStamp"]
    tokens = [*inside, *archive]
    if not tokens:
        return Held()
    newest = _certificate(archive[-1]) if archive else None
    return Held(
        proved_at=min(_instant(token) for token in tokens),
        stamped_at=_instant(archive[-1]) if archive else None,
        ends_at=newest.not_valid_after if newest else None,
        authority=_name(newest) if newest else "",
        tokens=tuple(token.dump() for token in tokens),
    )


def _inside(signer: cms.SignerInfo) -> list[cms.ContentInfo]:
    """The signature-time-stamps in a seal (ETSI EN 319 122-1, 5.3)."""
    attributes = signer["unsigned_attrs"] or ()
    return [value for one in attributes if one["type"].native == "signature_time_stamp_token" for value in one["values"]]


def _instant(token: cms.ContentInfo) -> datetime:
    at: datetime = token["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    return at


def _certificate(token: cms.ContentInfo) -> x509.Certificate:
    """Return the certificate that signed, which a request of ours always asks the authority to send along (RFC 3161, 2.4.1)."""
    signed: Any = token["content"]
    wanted = signed["signer_infos"][0]["sid"].chosen
    found = (one.chosen for one in signed["certificates"])
    return next(one for one in found if one.serial_number == wanted["serial_number"].native and one.issuer == wanted["issuer"])


def _name(certificate: x509.Certificate) -> str:
    common = certificate.subject.native.get("common_name")
    return common if isinstance(common, str) else certificate.subject.human_friendly
