"""Settings: read once from the environment (or `settings.env` in the instance folder), checked, then frozen.

An installation with an unsafe or misspelt setting refuses to start and says which one and why. Each setting is
documented in docs/operations.md; a test compares the two.
"""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from dpa.problems import Misconfigured

SECRET_BYTES = 32


def _folder(value: Any) -> Path:
    return Path(value).expanduser().resolve()


class Settings(BaseModel):
    """What the operator decides. The alias is the name of the environment variable."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    instance: Annotated[Path, BeforeValidator(_folder)] = Field(default=Path("instance"), alias="DPA_INSTANCE", validate_default=True)
    """Folder of the installation's data: database, keys, documents, sent mail of the demonstration."""
    database_url: str = Field(default="", alias="DATABASE_URL")
    """SQLAlchemy address of the database; empty means SQLite in the instance folder."""
    port: int = Field(default=8000, alias="PORT", ge=1, le=65535)
    """Port the web server listens on."""
    base_url: str = Field(default_factory=lambda data: f"http://127.0.0.1:{data.get('port', 8000)}", alias="DPA_BASE_URL")
    """Address people use; links in mails are built from it, never from the request. Follows the port unless set."""
    smtp_url: str = Field(default="", alias="DPA_SMTP_URL")
    """smtp://user:password@host:587 (STARTTLS required unless loopback) or smtps://; empty: file mailbox."""
    mail_from: str = Field(default="dpa-desk@localhost", alias="DPA_MAIL_FROM")
    """Sender address of alerts and notices."""
    session_idle_minutes: int = Field(default=30, alias="DPA_SESSION_IDLE_MINUTES", ge=1, le=720)
    """Minutes without a request after which a person must sign in again."""
    session_hours: int = Field(default=12, alias="DPA_SESSION_HOURS", ge=1, le=24)
    """Hours after which a person must sign in again in any case."""
    trusted_proxies: int = Field(default=0, alias="DPA_TRUSTED_PROXIES", ge=0, le=5)
    """Number of reverse proxies in front whose X-Forwarded-* headers count."""
    workers: int = Field(default=2, alias="DPA_WEB_WORKERS", ge=1, le=32)
    """Number of web processes."""
    keys: Path | None = Field(default=None, alias="DPA_KEYS")
    """Folder of the keys that seal and sign; none: `keys` in the instance folder."""
    key_passphrase_file: Path | None = Field(default=None, alias="DPA_KEY_PASSPHRASE_FILE")
    """File with the passphrase that encrypts the seal's keys at rest; none: one is made beside them."""
    tsa_url: str = Field(default="", alias="DPA_TSA_URL")
    """Address of an RFC 3161 time-stamp authority; empty: documents carry the time the issuer asserts."""
    tsa_roots: Path | None = Field(default=None, alias="DPA_TSA_ROOTS")
    """PEM file with the root certificates that the authority's time-stamps must lead to; required with `DPA_TSA_URL`."""
    seal_lists: Path | None = Field(default=None, alias="DPA_SEAL_LISTS")
    """File with the lists of revoked certificates that the issuers of bought seals publish (PEM or DER); none: such seals stay at PAdES B-T."""
    log_level: str = Field(default="info", alias="DPA_LOG_LEVEL", pattern="^(debug|info|warning|error)$")
    """How much the log tells: debug, info, warning or error."""

    @field_validator("base_url")
    @classmethod
    def _base_url_is_safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://desk.example.org")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("must begin with https:// unless it is this machine itself: sign-in would travel in clear")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url_is_known(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"smtp", "smtps"} or not urlsplit(value).hostname):
            raise ValueError("must be smtp://user:password@host:587 or smtps://user:password@host:465")
        return value

    @field_validator("tsa_url")
    @classmethod
    def _tsa_url_is_known(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("must be the http:// or https:// address of a time-stamp authority")
        return value

    @model_validator(mode="after")
    def _tsa_is_trusted(self) -> Settings:
        if self.tsa_url and self.tsa_roots is None:
            raise ValueError("DPA_TSA_URL needs DPA_TSA_ROOTS, a PEM file with the roots its time-stamps lead to")
        return self

    @property
    def database(self) -> str:
        """The address of the database in use."""
        return self.database_url or f"sqlite:///{self.instance / 'dpa.sqlite3'}"

    @property
    def key_folder(self) -> Path:
        """Folder of the keys that seal documents and sign checkpoints."""
        return self.keys or self.instance / "keys"

    @property
    def document_store(self) -> Path:
        """Folder of issued files, by digest."""
        return self.instance / "documents"

    @property
    def secure(self) -> bool:
        """Whether people reach the installation over TLS; decides cookie prefixes and HSTS."""
        return self.base_url.startswith("https://")

    @property
    def mailbox(self) -> Path:
        """Folder of the file mailbox that stands in for a mail server."""
        return self.instance / "sent-mail"

    @property
    def served_at(self) -> Path:
        """File with the address at which `dpa serve` was last reached."""
        return self.instance / "served-at"

    @property
    def host(self) -> str:
        """Host name of `base_url`, for message identifiers and host checks."""
        return urlsplit(self.base_url).hostname or "localhost"


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings. Raises `Misconfigured` with one sentence for the first thing wrong."""
    environ = os.environ if environ is None else environ
    names = {field.alias or name: name for name, field in Settings.model_fields.items()}
    instance = _folder(environ.get("DPA_INSTANCE", "instance"))
    values = _settings_file(instance / "settings.env") | {k: v for k, v in environ.items() if _is_ours(k, names)}
    values["DPA_INSTANCE"] = str(instance)
    for key in values:
        if key not in names:
            close = difflib.get_close_matches(key, names, 1)
            hint = f"; did you mean {close[0]}?" if close else "; see docs/operations.md"
            raise Misconfigured(f"{key} is not a setting of DPA Desk{hint}", field=key)
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0]) if first["loc"] else "DPA_TSA_ROOTS"
        raise Misconfigured(f"The setting {key} {_sentence(first)}.", field=key) from None


def as_served(settings: Settings) -> Settings:
    """Return the settings with the address last served, where nobody set one: a link printed beside a running server must lead to it."""
    if {"base_url", "port"} & settings.model_fields_set:
        return settings
    try:
        address = settings.served_at.read_text("utf-8").strip()
        return Settings.model_validate(settings.model_dump() | {"base_url": address})
    except (OSError, UnicodeDecodeError, ValidationError):
        return settings


def _is_ours(key: str, names: Mapping[str, str]) -> bool:
    return key in names or key.startswith("DPA_")


def _sentence(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    return message if message.startswith("must") else f"is not acceptable: {message[:1].lower()}{message[1:]}"


def _settings_file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~stat.S_IRGRP:
        raise Misconfigured(f"{path} may be read or changed by others; run: chmod 600 {path}")
    values: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, sign, value = text.partition("=")
        if not sign:
            raise Misconfigured(f"{path}, line {number}: write NAME=value")
        values[key.strip()] = value.strip().strip("'\"")
    return values


def secret_key(settings: Settings) -> bytes:
    """Return the key that signs cookies and links, making it on first use with mode 0600."""
    path = settings.instance / "secret.key"
    if not path.exists():
        settings.instance.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_hex(SECRET_BYTES).encode())
        with contextlib.suppress(FileExistsError):  # Another process was quicker; its key is the key.
            os.link(fresh, path)
        fresh.unlink()
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Misconfigured(f"{path} may be read by others; run: chmod 600 {path}")
    key = path.read_bytes().strip()
    if len(key) < SECRET_BYTES:
        raise Misconfigured(f"{path} is shorter than {SECRET_BYTES} bytes; delete it and start again to have a new one made")
    return key
