"""Puts the application together: settings, database, slices, edge. The only place that knows all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, g, redirect, url_for
from jinja2 import StrictUndefined
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from dpa import database, logs
from dpa.clock import Clock, SystemClock
from dpa.config import Settings, load_settings, secret_key
from dpa.evidence import checking
from dpa.extensions import csrf, db, login_manager
from dpa.garbage import collect_rarely
from dpa.slice import Banner
from dpa.slices import SLICES
from dpa.web import (
    access,
    assets,
    cells,
    edge,
    errors,
    filters,
    headers,
    icons,
    identity,
    navigation,
    numbers,
    preferences,
    styleguide,
)

ROOT = Path(__file__).resolve().parent.parent
MAX_UPLOAD = 20 * 1024 * 1024


def create_app(settings: Settings | None = None, clock: Clock | None = None, **overrides: Any) -> Flask:
    """Return a ready application; `overrides` are Flask settings that tests need."""
    settings = settings or load_settings()
    logs.configure(settings)
    app = Flask("dpa", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"), instance_path=str(settings.instance))
    app.config.update(_flask_settings(settings) | overrides)
    app.extensions["dpa_settings"] = settings
    app.extensions["dpa_clock"] = clock or SystemClock()
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    _install_extensions(app)
    _install_templates(app)
    numbers.install(app)
    errors.install(app)
    headers.install(app, settings)
    app.register_blueprint(preferences.blueprint)
    app.register_blueprint(styleguide.blueprint)
    for part in SLICES:
        for blueprint in part.blueprints():
            app.register_blueprint(blueprint)
    app.add_url_rule("/", "index", access.anyone_signed_in(_index))
    app.before_request(access.enforce)
    return app


def create_served_app() -> Flask:
    """Return the application for a process that serves people, after the trail was compared with what was signed of it."""
    app = create_app()
    checking.compare_at_start(app.extensions["dpa_settings"], SystemClock().now())
    configure_mappers()
    collect_rarely()
    return app


def _flask_settings(settings: Settings) -> dict[str, Any]:
    prefix = "__Host-" if settings.secure else ""
    return {
        "SECRET_KEY": secret_key(settings),
        "SQLALCHEMY_DATABASE_URI": settings.database,
        "SQLALCHEMY_ENGINE_OPTIONS": {} if settings.database.startswith("sqlite") else {"pool_pre_ping": True},
        "SESSION_COOKIE_NAME": f"{prefix}dpa_session",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": MAX_UPLOAD,
        "MAX_FORM_MEMORY_SIZE": 8 * 1024 * 1024,
        # A form may stay open over a long night; the session's own limits end it.
        "WTF_CSRF_TIME_LIMIT": None,
        # Pages send no referrer, so it cannot be asked for; `access.enforce` looks at Sec-Fetch-Site instead.
        "WTF_CSRF_SSL_STRICT": False,
        "TRAP_BAD_REQUEST_ERRORS": False,
        "PROPAGATE_EXCEPTIONS": False,
    }


def _install_extensions(app: Flask) -> None:
    db.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)
    login_manager.session_protection = None  # Server-side sessions decide; see dpa.people.sessions.
    with app.app_context():
        database.install_hooks(db.engine)
        database.map_reads(db.engine)


def _install_templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(icon=icons.icon, asset_url=assets.asset_url)
    app.jinja_env.add_extension(cells.Cell)
    filters.install(app.jinja_env)

    def settings_pages(organisation_id: int) -> list[navigation.Entry]:
        """Return the links to an organisation's settings pages that the person may open."""
        person = identity.signed_in()
        items = sorted((item for part in SLICES for item in part.settings), key=lambda item: item.rank)
        return [
            navigation.Entry(item.title, url_for(item.endpoint, organisation_id=organisation_id), item.icon, active=False)
            for item in items
            if person.may(item.permission, organisation_id)
        ]

    app.jinja_env.globals.update(settings_pages=settings_pages)

    @app.context_processor
    def frame() -> dict[str, Any]:
        # An error page asks for nothing: what failed may be the very thing that would be asked.
        person = None if g.get("plain_page") else identity.current()
        return {
            "theme": preferences.theme(),
            "now": edge.now(),
            "person": person,
            "navigation": navigation.groups([item for part in SLICES for item in part.navigation], person) if person else (),
            "banners": _banners(person) if person else (),
            "chosen_organisation": edge.chosen_organisation() if person else None,
        }


GRAVITY = ("late", "soon", "running")


def _banners(person: identity.Identity) -> tuple[Banner, ...]:
    """Return what stands on top of the page, the gravest first: concerns the person can act on, and what is told to everybody."""
    asked = edge.session(), edge.now(), edge.settings()
    concerns = [concern for part in SLICES for source in part.concerns for concern in source(*asked)]
    found = [
        Banner(concern.kind, f"{concern.text} {concern.advice}".strip(), concern.path, concern.link_text)
        for concern in concerns if person.may(concern.permission, concern.organisation_id)
    ]
    found += [banner for part in SLICES for source in part.banners for banner in source(*asked)]
    return tuple(sorted(found, key=lambda banner: GRAVITY.index(banner.kind)))


def _index() -> Response:
    return redirect(url_for("docket.board"))
