"""The entry point for flask and gunicorn."""

from dpa.factory import create_app

__all__ = ["create_app"]
