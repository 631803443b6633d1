#!/bin/sh
# Makes .venv and installs into it: "run" for what the product needs, "dev" for what checks it too.
set -eu
cd "$(dirname "$0")/.."
kind=$1
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

if [ ! -x .venv/bin/python ]; then
    python=${PYTHON:-}
    if [ -z "$python" ]; then
        for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
            if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$new_enough" 2>/dev/null; then
                python=$candidate
                break
            fi
        done
    fi
    if [ -z "$python" ]; then
        echo "Fitting Room needs Python 3.11 or newer, and found none. Install it, or name one: make run PYTHON=/path/to/python3." >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip' >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing the system package python3-venv, which $python lacks."
        (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv) </dev/null >/dev/null
    fi
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        echo "$python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv. Then run make again." >&2
        exit 1
    fi
fi

set -- -r requirements.txt
[ "$kind" = dev ] && set -- -r requirements-dev.txt
# The lock was taken on one Python; others get the newest versions inside the ranges.
locked=$(sed -n 's/^# Python //p' requirements.lock)
actual=$(.venv/bin/python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
[ "$locked" = "$actual" ] && set -- "$@" -c requirements.lock

echo "Installing Python packages into .venv (once; a minute or two)."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input "$@" </dev/null
touch ".venv/$kind.stamp"
