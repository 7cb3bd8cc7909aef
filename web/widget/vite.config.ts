import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const dist = here("../dist");

/** The widget is a guest on other people's pages: more than this is not carried there. */
const GZIPPED_MAX_BYTES = 20 * 1024;

const small: Plugin = {
  name: "small",
  closeBundle() {
    const bytes = gzipSync(readFileSync(`${dist}/widget.js`), { level: 9 }).length;
    if (bytes > GZIPPED_MAX_BYTES)
      throw new Error(`widget.js has ${bytes} bytes gzipped, more than ${GZIPPED_MAX_BYTES}`);
  },
};

/** Spaces of a style sheet that mean nothing are not carried either. */
const tight: Plugin = {
  name: "tight",
  transform(code, id) {
    if (!id.endsWith("/view/styles.ts")) return null;
    return code.replace(
      /(STYLES = `)([^`]*)`/,
      (_, begin: string, css: string) => `${begin}${tightened(css)}\``,
    );
  },
};

function tightened(css: string): string {
  return css
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,]) ?/g, "$1")
    .replace(/: /g, ":")
    .trim();
}

// One classic script that any page can embed with one tag: no chunks, no style file beside it.
export default defineConfig({
  root: here("."),
  plugins: [tight, small],
  build: {
    outDir: dist,
    emptyOutDir: false,
    target: "es2020",
    lib: {
      entry: here("src/main.ts"),
      formats: ["iife"],
      name: "SwitchboardWidget",
      fileName: () => "widget.js",
    },
  },
});
