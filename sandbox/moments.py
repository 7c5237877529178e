"""How Meta writes a moment."""

from datetime import UTC, datetime


def graph_time(moment: float) -> str:
    """`2019-09-26T22:36:43+0000`: UTC, whole seconds, no colon in the offset."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
