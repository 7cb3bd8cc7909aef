// How the browser tests run: a server of its own for each test file, Debian's Chromium, one at a time.
import { defineConfig } from "@playwright/test";

const chromium = process.env.SWITCHBOARD_CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: ".",
  outputDir: "results",
  workers: 1,
  // A busy machine may make a browser miss a moment. What fails twice is broken; what failed once is named in the report.
  retries: 1,
  timeout: 360_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    actionTimeout: 30_000,
    browserName: "chromium",
    launchOptions: { executablePath: chromium, args: ["--no-sandbox", "--disable-dev-shm-usage"] },
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
});
