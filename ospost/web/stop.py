"""Pages: stop."""

from flask import Blueprint

bp = Blueprint("stop", __name__)
