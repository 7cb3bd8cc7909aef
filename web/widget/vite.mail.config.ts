import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// What the widget loads where replies may go by e-mail: a classic script of its own, so that the widget stays small for everybody else.
export default defineConfig({
  root: here("."),
  build: {
    outDir: here("../dist"),
    emptyOutDir: false,
    target: "es2020",
    lib: {
      entry: here("src/mail/main.ts"),
      formats: ["iife"],
      name: "SwitchboardWidgetMail",
      fileName: () => "widget-mail.js",
    },
  },
});
