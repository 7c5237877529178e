#!/bin/sh
# Format, lint, layers, types, templates. Runs all of them, fails when one did.
cd "$(dirname "$0")/.." || exit 1
bin=.venv/bin
failed=""

step() {
    name=$1
    shift
    if "$@"; then echo "ok      $name"; else
        echo "FAILED  $name"
        failed="$failed $name"
    fi
}

# Trailing blanks and conflict marks in any tracked text of ours.
whitespace() {
    git rev-parse --git-dir >/dev/null 2>&1 || return 0
    git diff --check "$(git hash-object -t tree /dev/null)" -- . ':!static/vendor' ':!*.svg'
}

step format $bin/ruff format --quiet --check .
step lint $bin/ruff check --quiet .
step layers $bin/lint-imports --no-cache
step types $bin/mypy --strict
step script-types $bin/mypy --strict scripts gunicorn.conf.py
step templates $bin/djlint --quiet --lint templates
step whitespace whitespace
[ -z "$failed" ] || {
    echo "make check failed:$failed"
    exit 1
}
