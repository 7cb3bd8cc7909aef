#!/bin/sh
# Puts the official Socket.IO clients in target/tools/node and target/tools/python, once. As root it installs missing
# system packages; otherwise it names them. Versions are in tests/it/rooms/clients.
set -eu
cd "$(dirname "$0")/.."

clients=tests/it/rooms/clients
node="${CARGO_TARGET_DIR:-target}/tools/node"
python="${CARGO_TARGET_DIR:-target}/tools/python"

missing=""
need() {
    if ! sh -c "$1" >/dev/null 2>&1; then missing="$missing $2"; fi
}
need "node --version" nodejs
need "npm --version" npm
need "python3 --version" python3
need "python3 -c 'import venv, ensurepip'" python3-venv
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

if ! cmp -s "$clients/package.json" "$node/package.json" || [ ! -d "$node/node_modules/socket.io-client" ]; then
    mkdir -p "$node"
    cp "$clients/package.json" "$node/package.json"
    if ! npm install --prefix "$node" --silent --no-audit --no-fund >/dev/null; then
        rm -f "$node/package.json"
        echo "test tools: 'socket.io-client' could not be installed from npm; is there a network or a mirror?" >&2
        exit 1
    fi
fi

if ! cmp -s "$clients/requirements.txt" "$python/socketio.txt" || ! "$python/bin/python" -c 'import socketio, aiohttp' 2>/dev/null; then
    [ -x "$python/bin/pip" ] || python3 -m venv "$python"
    if ! "$python/bin/pip" install --quiet --disable-pip-version-check -r "$clients/requirements.txt"; then
        echo "test tools: 'python-socketio' could not be installed from PyPI; is there a network or a mirror (PIP_INDEX_URL)?" >&2
        exit 1
    fi
    cp "$clients/requirements.txt" "$python/socketio.txt"
fi
