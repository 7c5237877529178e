"""Ids in addresses: only numbers that a row can have; anything larger is simply not there."""

from flask import Flask
from werkzeug.routing import IntegerConverter

LARGEST = 2**53 - 1


class IdConverter(IntegerConverter):
    """What `<int:…>` means in every address of ours."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Take no number that JavaScript or the database could not hold."""
        super().__init__(*args, **{**kwargs, "max": LARGEST})  # type: ignore[arg-type]  # passed on


def init_app(app: Flask) -> None:
    """Use it in *app*; call before the pages are bound."""
    app.url_map.converters["int"] = IdConverter
