"""Flask extensions, made once and bound to an application by the factory."""

from __future__ import annotations

from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from dpa.columns import Base

# Models stand on our own Base; Flask-SQLAlchemy only gives each request its session.
db = SQLAlchemy(metadata=Base.metadata)
login_manager = LoginManager()
csrf = CSRFProtect()
