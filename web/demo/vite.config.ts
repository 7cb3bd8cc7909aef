import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  base: "/demo/",
  build: { outDir: here("../dist/demo"), emptyOutDir: true, target: "es2022" },
});
