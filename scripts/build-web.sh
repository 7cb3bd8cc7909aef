#!/bin/sh
# Builds the console, the widget and the demo page into web/dist, which the server's build puts into the program. Only when something
# changed. With `--if-possible` a missing Node or registry is said and passed over: the server builds without its pages.
set -eu
cd "$(dirname "$0")/../web"

skip() {
    echo "web: $1" >&2
    [ "${mode:-}" = "--if-possible" ] && exit 0
    exit 1
}
mode="${1:-}"

for tool in node npm; do
    command -v "$tool" >/dev/null 2>&1 || skip "no $tool, so no console, widget and demo page; install Node 20.19 or newer and run 'make web'"
done

# What the result depends on: the sources' text, not their dates, which a checkout changes.
sources=$(find . \( -name node_modules -o -name dist \) -prune -o -type f -print | LC_ALL=C sort | xargs cksum | cksum)
if [ -f dist/.built ] && [ "$(cat dist/.built)" = "$sources" ]; then
    exit 0
fi

packages=$(cksum <package-lock.json)
if [ ! -f node_modules/.installed ] || [ "$(cat node_modules/.installed)" != "$packages" ]; then
    echo "web: installing packages"
    npm ci --no-audit --no-fund --loglevel=error ||
        skip "npm could not install the packages; is there a network or a mirror?"
    printf '%s\n' "$packages" >node_modules/.installed
fi

echo "web: building"
rm -f dist/.built
npm run --silent build || { echo "web: the build failed" >&2; exit 1; }
printf '%s\n' "$sources" >dist/.built
