#!/bin/sh
# Print the path of a Chromium for the browser tests; fail when there is none.
for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name"; then exit 0; fi
done
for path in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if [ -x "$path" ]; then
        printf '%s\n' "$path"
        exit 0
    fi
done
exec "$(dirname "$0")/../.venv/bin/python" - <<'PY'
import pathlib
import sys

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    path = pathlib.Path(playwright.chromium.executable_path)
    if not path.exists():
        sys.exit(1)
    print(path)
PY
