#!/bin/sh
# Puts a small speech recogniser in target/tools/recogniser, once, for the test that a real one writes down a real voice note. About 550 MB
# and some minutes, so `make test` does not ask for it; with SWITCHBOARD_REQUIRE_RECOGNISER=1 the test fails where it is missing.
set -eu
cd "$(dirname "$0")/.."

wanted=tests/it/voice/requirements.txt
place="${CARGO_TARGET_DIR:-target}/tools/recogniser"
if cmp -s "$wanted" "$place/requirements.txt" && [ -x "$place/venv/bin/python" ]; then exit 0; fi

rm -rf "$place"
mkdir -p "$place"
python3 -m venv "$place/venv"
if ! "$place/venv/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"; then
    echo "recogniser: it could not be installed from PyPI; is there a network or a mirror (PIP_INDEX_URL)?" >&2
    exit 1
fi
cp "$wanted" "$place/requirements.txt"
