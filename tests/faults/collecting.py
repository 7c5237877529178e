"""A pytest plugin that prints which faults the collected tests name, as lines of JSON."""

import json

import pytest

MARK = "fault: "


def pytest_collection_finish(session: pytest.Session) -> None:
    """Print a line for every fault of every collected test."""
    for item in session.items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        for mark in item.iter_markers("fault"):
            number, name = mark.args
            line = {
                "number": number,
                "name": name,
                "where": item.location[0].rsplit("/", 1)[-1],
                "test": item.nodeid,
                "database": str(parameters.get("database", "")),
                "world": str(parameters.get("used", "")),
            }
            print(f"\n{MARK}{json.dumps(line)}")
