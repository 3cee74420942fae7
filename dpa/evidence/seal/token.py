"""Keys that stay in a token or hardware module, spoken to by PKCS#11.

A session is opened once and used by one thread at a time; when the module has dropped it, it is opened again, once per signature.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from dpa.evidence.seal.keyfiles import read_secret
from dpa.problems import Misconfigured


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where a key is. Only the name of the file with the PIN is kept."""

    library: str
    """Path of the module's library."""
    token: str
    """Label of the token."""
    key: str
    """Label of the private key."""
    pin_file: str
    """File that holds the user's PIN, mode 600."""


class TokenKey:
    """A private key in a token; safe for several threads."""

    def __init__(self, place: TokenPlace) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._session: Any = None
        self._key: Any = None

    def open(self) -> None:
        """Log in and find the key; raises `Misconfigured` with the reason."""
        with self._lock:
            self._open()

    def sign(self, data: bytes) -> bytes:
        """Return the signature over data with SHA-256 (RSA: PKCS#1 v1.5; EC: DER); raises `Misconfigured`."""
        import pkcs11

        with self._lock:
            if self._key is None:
                self._open()
            try:
                return self._sign(data)
            except pkcs11.PKCS11Error:
                # The module was restarted, the token pulled and put back, or the session timed out.
                self._close()
                self._open()
                try:
                    return self._sign(data)
                except pkcs11.PKCS11Error as error:
                    raise Misconfigured(f"The token {self._place.token} did not sign ({type(error).__name__}).") from error

    def certificates(self, label: str | None = None) -> list[x509.Certificate]:
        """Return the certificates in the token, of one label or all."""
        from pkcs11 import Attribute, ObjectClass

        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE} | ({Attribute.LABEL: label} if label else {})
        with self._lock:
            if self._session is None:
                self._open()
            return [x509.load_der_x509_certificate(found[Attribute.VALUE]) for found in self._session.get_objects(wanted)]

    def _sign(self, data: bytes) -> bytes:
        from pkcs11 import KeyType, Mechanism
        from pkcs11.util.ec import encode_ecdsa_signature

        if self._key.key_type == KeyType.RSA:
            return bytes(self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
        hashed = hashlib.sha256(data).digest()  # Several modules know ECDSA only over a digest made outside.
        return bytes(encode_ecdsa_signature(self._key.sign(hashed, mechanism=Mechanism.ECDSA)))

    def _open(self) -> None:
        import pkcs11
        from pkcs11 import Attribute, ObjectClass

        place = self._place
        pin = read_secret(Path(place.pin_file))
        if not Path(place.library).is_file():
            raise Misconfigured(f"There is no PKCS#11 library {place.library}.")
        try:
            token = self._token(pkcs11.lib(place.library))
            self._session = token.open(user_pin=pin)
            found = list(self._session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: place.key}))
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.ArgumentsBad) as error:
            raise Misconfigured(f"The token {place.token} refuses the PIN in {place.pin_file}.") from error
        except pkcs11.PinLocked as error:
            raise Misconfigured(f"The token {place.token} is locked after too many wrong PINs; unlock it with its own tools.") from error
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            raise Misconfigured(f"The token {place.token} cannot be opened with {place.library} ({type(error).__name__}).") from error
        if len(found) != 1:
            many = "no private key" if not found else "more than one private key"
            self._close()
            raise Misconfigured(f"The token {place.token} has {many} with the label {place.key}.")
        self._key = found[0]

    def _token(self, library: Any) -> Any:
        found = [slot.get_token() for slot in library.get_slots(token_present=True)]
        named = [token for token in found if token.label == self._place.token]
        if len(named) != 1:
            labels = ", ".join(sorted(token.label for token in found if token.label)) or "none"
            raise Misconfigured(f"There is no single token with the label {self._place.token}; the library shows: {labels}.")
        return named[0]

    def _close(self) -> None:
        session, self._session, self._key = self._session, None, None
        if session is not None:
            with suppress(Exception):  # It is gone already; that is why it is closed.
                session.close()


Sign = Callable[[bytes], bytes]
"""Signs data with SHA-256."""
