"""Stored tokens open only with the right key and in the row that they belong to."""

import base64
from typing import TypedDict

import pytest

from ospost.vault import Vault, VaultError, new_key


class Place(TypedDict):
    table: str
    column: str
    row_id: int | str


HERE: Place = {"table": "account", "column": "token", "row_id": 7}
TOKEN = "EAAB-clear-text-token"


def raw(text: str) -> bytes:
    return base64.b64decode(text)


@pytest.fixture
def vault() -> Vault:
    return Vault.from_text(new_key())


def test_sealed_token_opens_in_its_row(vault: Vault) -> None:
    sealed = vault.seal(TOKEN, **HERE)

    assert vault.open(sealed, **HERE) == TOKEN
    assert vault.open(sealed, table="account", column="token", row_id="7") == TOKEN


def test_sealed_text_has_the_documented_form_and_hides_the_token(vault: Vault) -> None:
    first, second = vault.seal(TOKEN, **HERE), vault.seal(TOKEN, **HERE)

    assert first != second
    assert first.split(".")[0] == "v1"
    assert len(first.split(".")) == 4
    assert TOKEN not in first
    assert first.split(".")[1] == second.split(".")[1]


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place(table="account", column="token", row_id=8),
        Place(table="account", column="user_token", row_id=7),
        Place(table="user", column="token", row_id=7),
        Place(table="accounttoken", column="", row_id=7),
    ],
)
def test_token_moved_elsewhere_does_not_open(vault: Vault, elsewhere: Place) -> None:
    sealed = vault.seal(TOKEN, **HERE)

    with pytest.raises(VaultError):
        vault.open(sealed, **elsewhere)


def test_altered_token_does_not_open(vault: Vault) -> None:
    version, key_id, nonce, ciphertext = vault.seal(TOKEN, **HERE).split(".")
    flipped = ("A" if ciphertext[0] != "A" else "B") + ciphertext[1:]

    with pytest.raises(VaultError):
        vault.open(f"{version}.{key_id}.{nonce}.{flipped}", **HERE)


@pytest.mark.parametrize("text", ["", "v1", "v1.a.b", "v2.a.AAAA.AAAA", "v1.a.!!!.AAAA", TOKEN])
def test_text_of_another_form_is_refused(vault: Vault, text: str) -> None:
    with pytest.raises(VaultError):
        vault.open(text, **HERE)


def test_wrong_nonce_length_is_refused(vault: Vault) -> None:
    version, key_id, _, ciphertext = vault.seal(TOKEN, **HERE).split(".")

    with pytest.raises(VaultError):
        vault.open(f"{version}.{key_id}.AAAA.{ciphertext}", **HERE)


def test_keys_can_be_rotated() -> None:
    old, new = new_key(), new_key()
    sealed_before = Vault.from_text(old).seal(TOKEN, **HERE)

    both = Vault.from_text(f"{new},{old}")
    assert both.open(sealed_before, **HERE) == TOKEN
    assert both.needs_rotation(sealed_before)

    sealed_after = both.seal(both.open(sealed_before, **HERE), **HERE)
    assert not both.needs_rotation(sealed_after)
    assert Vault.from_text(new).open(sealed_after, **HERE) == TOKEN


def test_token_of_a_dropped_key_says_that_the_key_is_missing() -> None:
    sealed = Vault.from_text(new_key()).seal(TOKEN, **HERE)

    with pytest.raises(VaultError, match="TOKEN_KEYS"):
        Vault.from_text(new_key()).open(sealed, **HERE)


@pytest.mark.parametrize(
    "keys",
    [
        "",
        " , ",
        "not base64!",
        base64.b64encode(b"short").decode(),
        base64.b64encode(b"\0" * 32).decode(),
        base64.b64encode(b"x" * 31 + b"y").decode(),
        base64.b64encode(bytes(range(33))).decode(),
    ],
)
def test_missing_short_or_obvious_keys_are_refused(keys: str) -> None:
    with pytest.raises(VaultError):
        Vault.from_text(keys)


def test_one_bad_key_among_good_ones_is_refused() -> None:
    with pytest.raises(VaultError):
        Vault([raw(new_key()), b"short"])


def test_refusal_of_a_key_does_not_quote_it() -> None:
    with pytest.raises(VaultError) as refusal:
        Vault.from_text("hunter2hunter2!")

    assert "hunter2" not in str(refusal.value)


def test_keys_may_be_written_url_safe() -> None:
    key = bytes([255, 254, 253, 252, 251, 250, 249, 248] * 4)
    plain = base64.b64encode(key).decode()
    url_safe = base64.urlsafe_b64encode(key).decode()
    sealed = Vault.from_text(plain).seal(TOKEN, **HERE)

    assert plain != url_safe
    assert Vault.from_text(url_safe).open(sealed, **HERE) == TOKEN


def test_new_keys_differ_and_are_long_enough() -> None:
    first, second = new_key(), new_key()

    assert first != second
    assert len(raw(first)) == 32
