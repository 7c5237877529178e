"""Reading what was sent: the same fields from a form, from multipart and from JSON.

Files are cut off at the limit while they come in, so that a form with a file that is too large
can still be answered with everything else that was typed.
"""

import tempfile
from typing import IO, Any, BinaryIO, cast

from flask import Request, request
from werkzeug.datastructures import FileStorage, MultiDict

from ospost.domain.captions import with_lf
from ospost.errors import Invalid
from ospost.runtime import runtime
from ospost.services.typed import Typed, Upload

IN_MEMORY = 500_000


class CappedFile:
    """A temporary file that keeps nothing of what is longer than it may be."""

    def __init__(self, most: int) -> None:
        """Take at most *most* bytes."""
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by the request
        self._most = most
        self._size = 0
        self.is_too_large = False

    def write(self, data: bytes) -> int:
        """Keep *data*, or forget everything once it is too much."""
        self._size += len(data)
        if self._size <= self._most:
            return self._file.write(data)
        if not self.is_too_large:
            self.is_too_large = True
            self._file.seek(0)
            self._file.truncate()
        return len(data)

    def __getattr__(self, name: str) -> Any:
        """Be a file in all else."""
        return getattr(self._file, name)


class UploadRequest(Request):
    """A request whose files are cut off at the limit while they come in."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        """Return where Werkzeug's parser writes one file to; it documents this hook."""
        return cast(IO[bytes], CappedFile(runtime().max_upload_bytes))


def typed() -> Typed:
    """Return the fields of the compose form."""
    fields = sent()
    return Typed(
        account_id=_one(fields, "account_id"),
        media_ids=_several(fields, "media_id", keep_empty=False),
        uploads=uploads(),
        crops=_several(fields, "crop"),
        alt_texts=_lines(_several(fields, "alt_text")),
        caption=_text(fields, "caption"),
        first_comment=_text(fields, "first_comment"),
        date=_stripped(fields, "date"),
        timezone=_stripped(fields, "timezone"),
        fold=_stripped(fields, "fold") or "",
        kind=_stripped(fields, "kind") or "",
        action=_stripped(fields, "action") or "",
        form_id=(_stripped(fields, "form_id") or "")[:64],
    )


def uploads() -> tuple[Upload, ...]:
    """Return the files of the field `media`; a field left empty is no file."""
    files = [file for file in request.files.getlist("media") if file.filename]
    return tuple(_upload(file) for file in files)


def sent() -> dict[str, list[str]]:
    """Return every field with its values, whether they came as a form or as JSON."""
    if not request.is_json:
        return {name: values for name, values in request.form.lists()}
    body = request.get_json()
    if not isinstance(body, dict):
        raise Invalid(("", "Send an object with the names of the fields."))
    return {name: _values(name, value) for name, value in body.items() if value is not None}


def posted() -> MultiDict[str, str]:
    """Return what was sent as a form would hold it; JSON's true and false as the texts."""
    return MultiDict(sent())


def one(fields: dict[str, list[str]], name: str) -> str:
    """Return one field, "" when it was not sent."""
    return _stripped(fields, name) or ""


def number(fields: dict[str, list[str]], name: str) -> int:
    """Return one field that is an id; raises `Invalid` when it is not."""
    value = one(fields, name)
    if not (value.isascii() and value.isdecimal() and len(value) <= 18):
        raise Invalid((name, "Send the id of a post."))
    return int(value)


def _upload(file: FileStorage) -> Upload:
    return Upload(
        file_name=file.filename or "",
        stream=cast(BinaryIO, file.stream),
        is_too_large=getattr(file.stream, "is_too_large", False),
    )


def _values(name: str, value: object) -> list[str]:
    """Return JSON's texts and numbers as a form would send them."""
    values = value if isinstance(value, list) else [value]
    found = []
    for each in values:
        if not isinstance(each, str | int | None):
            raise Invalid((name, "Send a text here."))
        if isinstance(each, bool):
            found.append("true" if each else "")
        else:
            found.append("" if each is None else str(each))
    return found


def _one(fields: dict[str, list[str]], name: str) -> str | None:
    return fields[name][0] if fields.get(name) else None


def _stripped(fields: dict[str, list[str]], name: str) -> str | None:
    value = _one(fields, name)
    return None if value is None else value.strip()


def _text(fields: dict[str, list[str]], name: str) -> str | None:
    value = _one(fields, name)
    return None if value is None else with_lf(value)


def _several(
    fields: dict[str, list[str]], name: str, *, keep_empty: bool = True
) -> tuple[str, ...] | None:
    if name not in fields:
        return None
    return tuple(value for value in fields[name] if value or keep_empty)


def _lines(texts: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if texts is None else tuple(with_lf(text) for text in texts)
