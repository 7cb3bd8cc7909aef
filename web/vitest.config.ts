import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["console/src/**/*.test.ts", "widget/src/**/*.test.ts"], environment: "node" },
});
