#!/bin/sh
# Puts what the tests need in target/test-tools, once. As root it installs missing system packages; otherwise it names
# them. Now: `kosoku`, the Autobahn WebSocket cases, and `schemathesis`, which holds descriptions against the server, in a
# Python environment of their own with `aiosmtpd`, a mail server, and `moto`, an S3 server; Dovecot, whose mailboxes are read; curl, a customer's mail program; and Chromium, which loads the pages where it can be had.
set -eu
cd "$(dirname "$0")/.."

# Each line: a command that must work, and the Debian package that brings it.
missing=""
need() {
    if ! sh -c "$1" >/dev/null 2>&1; then missing="$missing $2"; fi
}
need "cc --version" gcc
need "python3 --version" python3
need "python3 -c 'import venv, ensurepip'" python3-venv
need "node --version" nodejs
need "npm --version" npm
need "openssl version" openssl
need "curl --version" curl
need "test -x /usr/sbin/dovecot" dovecot-imapd
need "test -x /usr/lib/dovecot/lmtp" dovecot-lmtpd

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "test tools: installing$missing"
        apt-get update -qq
        # shellcheck disable=SC2086 # a list of packages
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    else
        echo "test tools: missing$missing" >&2
        echo "get them with: sudo apt-get install$missing   (or what your system calls them), then run 'make test' again" >&2
        exit 1
    fi
fi

sh scripts/install-socketio-clients.sh
sh scripts/install-browser-tests.sh
sh scripts/install-local-model.sh

tools="${CARGO_TARGET_DIR:-target}/test-tools"
stamp="$tools/installed"
want=$(cksum <"scripts/install-test-tools.sh")
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && [ -x "$tools/venv/bin/schemathesis" ]; then
    exit 0
fi

# Pages are loaded in a browser where there is one; without it those tests are skipped.
if ! command -v chromium >/dev/null 2>&1 && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "test tools: installing chromium"
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
        >/dev/null; then
        echo "test tools: no chromium; the tests that need it are skipped" >&2
    fi
fi

mkdir -p "$tools"
rm -rf "$tools/venv"
python3 -m venv "$tools/venv"
if ! "$tools/venv/bin/pip" install --quiet --disable-pip-version-check kosoku==0.1.0 schemathesis==4.32.5 aiosmtpd==1.4.6 'moto[server]==5.2.1'; then
    echo "test tools: 'kosoku', 'schemathesis', 'aiosmtpd' and 'moto' could not be installed from PyPI; is there a network or a mirror (PIP_INDEX_URL)?" >&2
    exit 1
fi
printf '%s\n' "$want" >"$stamp"
