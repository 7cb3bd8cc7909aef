import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// While developing, the server is another process: SWITCHBOARD_URL says where it listens.
const server = process.env.SWITCHBOARD_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: here("."),
  base: "/console/",
  plugins: [react()],
  build: { outDir: here("../dist/console"), emptyOutDir: true, target: "es2022", manifest: true },
  server: {
    port: 5173,
    proxy: { "/api": server, "/ws": { target: server, ws: true }, "/widget.js": server, "/widget": server },
  },
});
