#!/bin/sh
# Puts the official Socket.IO clients in target/tools/node and target/tools/python, once, for install-test-tools.sh, which
# has looked for node, npm and python. Versions are in tests/it/rooms/clients.
set -eu
cd "$(dirname "$0")/.."

clients=tests/it/rooms/clients
node="${CARGO_TARGET_DIR:-target}/tools/node"
python="${CARGO_TARGET_DIR:-target}/tools/python"

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
