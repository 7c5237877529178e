#!/bin/sh
# Every test: our scripts in Node, then what lives in one process, then browsers and real processes,
# a file of them on one worker, for they wait more than they work. More arguments go to pytest.
# Fails when any part does; runs all.
cd "$(dirname "$0")/.." || exit 1
bin=.venv/bin
failed=0
CHROMIUM=$(sh scripts/browser.sh) || exit 1
export CHROMIUM
node --test tests/js/*.test.js || failed=1
$bin/pytest -n "${TEST_WORKERS:-2}" -m "not browser and not processes" "$@" || failed=1
$bin/pytest -n "${TEST_WORKERS:-2}" --dist loadfile -p no:randomly -m "browser or processes" "$@" || failed=1
exit $failed
