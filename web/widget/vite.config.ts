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

// One classic script that any page can embed with one tag: no chunks, no style file beside it.
export default defineConfig({
  root: here("."),
  plugins: [small],
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
