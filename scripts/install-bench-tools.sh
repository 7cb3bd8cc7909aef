#!/bin/sh
# Puts the servers that `make bench` compares with into target/bench-tools, once, where node or python are there. Without
# them, or without a registry, their rows say so and the rest is measured all the same.
set -eu
cd "$(dirname "$0")/.."

tools="${CARGO_TARGET_DIR:-target}/bench-tools"
mkdir -p "$tools"

if command -v npm >/dev/null 2>&1 && [ ! -d "$tools/node_modules/socket.io" ]; then
    npm install --silent --no-audit --no-fund --prefix "$tools" socket.io@4.8.4 || echo "bench tools: socket.io could not be installed" >&2
fi
if python3 -c 'import venv, ensurepip' >/dev/null 2>&1 && [ ! -x "$tools/venv/bin/uvicorn" ]; then
    python3 -m venv "$tools/venv"
    "$tools/venv/bin/pip" install --quiet --disable-pip-version-check fastapi==0.165.0 python-socketio==5.18.1 'uvicorn[standard]==0.54.0' ||
        echo "bench tools: FastAPI and python-socketio could not be installed" >&2
fi
