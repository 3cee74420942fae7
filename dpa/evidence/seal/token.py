"""Keys that stay in a token or hardware module, spoken to by PKCS#11.

A session is opened once per token and used by one thread at a time; when the module has dropped it, it is opened again.
"""

from __future__ import annotations

import hashlib
import os
import threading
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


class _Shared:
    """The one session with a token: PKCS#11 knows a login per process, so that a second one is refused and a logout ends all."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.session: Any = None

    def close(self) -> None:
        session, self.session = self.session, None
        if session is not None:
            with suppress(Exception):  # It is gone already; that is why it is closed.
                session.close()


_shared: dict[tuple[int, str, str], _Shared] = {}
_shared_lock = threading.Lock()


class TokenKey:
    """A private key in a token; safe for several threads, and beside other keys of the same token."""

    def __init__(self, place: TokenPlace) -> None:
        self._place = place
        with _shared_lock:
            self._login = _shared.setdefault((os.getpid(), place.library, place.token), _Shared())
        self._session: Any = None
        self._key: Any = None

    def open(self) -> None:
        """Log in anew, so that the PIN is tried, and find the key; raises `Misconfigured` with the reason."""
        with self._login.lock:
            self._login.close()
            self._find()

    def sign(self, data: bytes) -> bytes:
        """Return the signature over data with SHA-256 (RSA: PKCS#1 v1.5; EC: DER); raises `Misconfigured`."""
        import pkcs11

        with self._login.lock:
            try:
                return self._sign(data)
            except pkcs11.PKCS11Error:
                # The module was restarted, the token pulled and put back, or the session timed out.
                self._login.close()
            try:
                return self._sign(data)
            except pkcs11.PKCS11Error as error:
                raise Misconfigured(f"The token {self._place.token} did not sign ({type(error).__name__}).") from error

    def certificates(self, label: str | None = None) -> list[x509.Certificate]:
        """Return the certificates in the token, of one label or all."""
        from pkcs11 import Attribute, ObjectClass

        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE} | ({Attribute.LABEL: label} if label else {})
        with self._login.lock:
            self._find()
            return [x509.load_der_x509_certificate(found[Attribute.VALUE]) for found in self._session.get_objects(wanted)]

    def _sign(self, data: bytes) -> bytes:
        from pkcs11 import KeyType, Mechanism
        from pkcs11.util.ec import encode_ecdsa_signature

        self._find()
        if self._key.key_type == KeyType.RSA:
            return bytes(self._key.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
        hashed = hashlib.sha256(data).digest()  # Several modules know ECDSA only over a digest made outside.
        return bytes(encode_ecdsa_signature(self._key.sign(hashed, mechanism=Mechanism.ECDSA)))

    def _find(self) -> None:
        """Have a session and the key's handle in it; handles of an earlier session are worth nothing."""
        import pkcs11
        from pkcs11 import Attribute, ObjectClass

        place, login = self._place, self._login
        if login.session is not None and login.session is self._session:
            return
        try:
            login.session = login.session or self._log_in()
            found = list(login.session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: place.key}))
        except (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.ArgumentsBad) as error:
            raise Misconfigured(f"The token {place.token} refuses the PIN in {place.pin_file}.") from error
        except pkcs11.PinLocked as error:
            raise Misconfigured(f"The token {place.token} is locked after too many wrong PINs; unlock it with its own tools.") from error
        except (pkcs11.PKCS11Error, RuntimeError) as error:
            login.close()
            raise Misconfigured(f"The token {place.token} cannot be opened with {place.library} ({type(error).__name__}).") from error
        if len(found) != 1:
            many = "no private key" if not found else "more than one private key"
            raise Misconfigured(f"The token {place.token} has {many} with the label {place.key}.")
        self._session, self._key = login.session, found[0]

    def _log_in(self) -> Any:
        import pkcs11

        pin = read_secret(Path(self._place.pin_file))
        if not Path(self._place.library).is_file():
            raise Misconfigured(f"There is no PKCS#11 library {self._place.library}.")
        return self._token(pkcs11.lib(self._place.library)).open(user_pin=pin)

    def _token(self, library: Any) -> Any:
        found = [slot.get_token() for slot in library.get_slots(token_present=True)]
        named = [token for token in found if token.label == self._place.token]
        if len(named) != 1:
            labels = ", ".join(sorted(token.label for token in found if token.label)) or "none"
            raise Misconfigured(f"There is no single token with the label {self._place.token}; the library shows: {labels}.")
        return named[0]
