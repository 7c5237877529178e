"""Stored tokens: sealed for their row, opened again, and sealed anew when keys are replaced."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, FoundAccount, Identity, Revocation
from ospost.services.database import writing
from ospost.vault import Vault

Holder = Identity | Account | FoundAccount | Revocation

TABLES: tuple[type[Holder], ...] = (Identity, Account, FoundAccount, Revocation)
AT_ONCE = 200
COLUMN = "token_sealed"


def seal(row: Holder, token: str, vault: Vault) -> None:
    """Put *token* into *row*, which must have its id already, sealed for this place."""
    row.token_sealed = vault.seal(token, table=row.__tablename__, column=COLUMN, row_id=row.id)


def open_token(row: Holder, vault: Vault) -> str:
    """Return the token in *row*; VaultError when it was sealed for another place or key."""
    return vault.open(row.token_sealed, table=row.__tablename__, column=COLUMN, row_id=row.id)


def rotate(session: Session, vault: Vault) -> int:
    """Seal every stored token that an older key sealed with the newest; return how many.

    In short transactions, so that posts go out meanwhile. Afterwards the older keys may be taken
    out of TOKEN_KEYS. VaultError, and nothing more is changed, for a token that no key opens.
    """
    return sum(_rotate_table(session, vault, table) for table in TABLES)


def _rotate_table(
    session: Session,
    vault: Vault,
    table: type[Holder],
) -> int:
    count = 0
    ids = list(session.scalars(select(table.id).where(table.token_sealed != "")))
    for start in range(0, len(ids), AT_ONCE):
        with writing(session):
            wanted = ids[start : start + AT_ONCE]
            rows = session.scalars(select(table).where(table.id.in_(wanted))).all()
            for row in cast("Sequence[Holder]", rows):  # one of the four tables
                count += _seal_anew(row, vault)
    return count


def _seal_anew(row: Holder, vault: Vault) -> bool:
    if not row.token_sealed or not vault.needs_rotation(row.token_sealed):
        return False
    seal(row, open_token(row, vault), vault)
    return True
