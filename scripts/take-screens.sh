#!/bin/sh
# Takes the pictures in docs/screens anew, from the browser tests' own shop. As root it installs what makes them look right: the
# font that the pages ask for, and libfaketime, with which the shop has lived through some days before.
set -eu
cd "$(dirname "$0")/.."

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-inter libfaketime >/dev/null
fi
sh scripts/install-browser-tests.sh
sh scripts/build-web.sh
cargo build --locked --bin switchboard
program="${CARGO_TARGET_DIR:-$(pwd)/target}/debug/switchboard"
screens="$(pwd)/docs/screens"
cd tests/browser
SWITCHBOARD_BIN="$program" SWITCHBOARD_SCREENS="$screens" node_modules/.bin/playwright test pages
