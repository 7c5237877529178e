#!/bin/sh
# Make .venv with exact versions. Usage: sh scripts/setup.sh run|dev
# Does nothing when nothing changed. Needs Python 3.11 or newer, and no compiler.
set -eu
cd "$(dirname "$0")/.."
want=${1:-run}
root=$(pwd -P)

say() { printf '%s\n' "$*" >&2; }

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# Install Debian packages: needs root and apt-get.
apt_install() {
    say "Installing $* with apt-get."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    apt-get install -y -qq --no-install-recommends "$@" >&2
}

is_good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if is_good "$name"; then
            command -v "$name"
            return
        fi
    done
}

choose_python() {
    python=$(find_python)
    if [ -z "$python" ] && can_apt; then
        apt_install python3 python3-venv
        python=$(find_python)
    fi
    [ -n "$python" ] && return
    say "Ospost needs Python 3.11 or newer; found $(python3 --version 2>&1 || echo none)."
    say "Debian 12 and newer: apt-get install python3 python3-venv. macOS: brew install python@3.13."
    say "Others: https://www.python.org/downloads/"
    exit 1
}

make_venv() {
    choose_python
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
        if ! can_apt; then
            say "Python lacks its venv part. On Debian and Ubuntu, as root: apt-get install $version-venv"
            exit 1
        fi
        apt_install "$version-venv"
    fi
    if [ -L .venv ]; then
        say ".venv is a link; making it anew would empty another folder's. Remove the link first."
        exit 1
    fi
    # --clear: a folder that was moved or half made must not linger.
    "$python" -m venv --clear .venv
}

print_of() { { printf '%s\n' "$root"; cat "$@" scripts/setup.sh; } | cksum; }

# Install what requirements file $2 names, unless stamp $1 says that it is there.
install() {
    stamp=.venv/stamp-$1
    print=$(print_of "$2" requirements.txt requirements-scale.txt constraints.txt)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$print" ]; then return; fi
    say "Installing $2 into .venv (once)."
    rm -f "$stamp"
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input \
        --prefer-binary -c constraints.txt -r "$2"
    printf '%s\n' "$print" >"$stamp"
}

if ! is_good .venv/bin/python || [ "$(cat .venv/root 2>/dev/null)" != "$root" ]; then
    make_venv
    printf '%s\n' "$root" >.venv/root
fi
if [ "$want" = run ]; then
    # The dev set holds the product's, so it will do as well.
    dev=$(print_of requirements-dev.txt requirements.txt requirements-scale.txt constraints.txt)
    if [ "$(cat .venv/stamp-dev 2>/dev/null)" != "$dev" ]; then install run requirements.txt; fi
    exit 0
fi
install dev requirements-dev.txt

has_node() { node -e 'process.exit(process.versions.node.split(".")[0] < 18 ? 1 : 0)' >/dev/null 2>&1; }
has_browser() { sh scripts/browser.sh >/dev/null 2>&1; }
has_postgresql() { .venv/bin/python -m tests.postgresql >/dev/null 2>&1; }
has_fonts() { [ -n "$(fc-list 2>/dev/null)" ]; }

missing=""
has_browser || missing="chromium"
has_fonts || missing="$missing fontconfig fonts-liberation"
has_node || missing="$missing nodejs"
has_postgresql || missing="$missing postgresql"
# shellcheck disable=SC2086
if [ -n "$missing" ] && can_apt; then apt_install $missing; fi
if ! has_browser; then
    say "The browser tests need Chromium or Chrome. Debian, as root: apt-get install chromium."
    say "Elsewhere: install either, or run .venv/bin/playwright install chromium."
    exit 1
fi
if ! has_postgresql; then
    say "The tests start a PostgreSQL of their own. Debian, as root: apt-get install postgresql."
    say "macOS: brew install postgresql@17. Others: put initdb and postgres on the PATH."
    exit 1
fi
if ! has_node; then
    say "The tests of our scripts need Node 18 or newer. Debian, as root: apt-get install nodejs."
    say "macOS: brew install node. Others: https://nodejs.org/"
    exit 1
fi
