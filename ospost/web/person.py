"""Pages: person."""

from flask import Blueprint

bp = Blueprint("person", __name__)
