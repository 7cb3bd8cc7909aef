#!/bin/sh
# Puts what the browser tests need in tests/browser/node_modules, once, for install-test-tools.sh, which has looked for node and npm and
# installs chromium where it can.
set -eu
cd "$(dirname "$0")/../tests/browser"

if cmp -s package-lock.json node_modules/.installed; then
    exit 0
fi
if ! PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund >/dev/null; then
    echo "test tools: Playwright could not be installed from npm; is there a network or a mirror?" >&2
    exit 1
fi
cp package-lock.json node_modules/.installed
