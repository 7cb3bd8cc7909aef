// What a browser has to fetch before the console shows its first page, gzipped, and the limit that it may not pass.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const FIRST_LOAD_MAX_BYTES = 300 * 1024;
const dist = new URL("../dist/console/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

const files = new Set(["index.html"]);
function take(key) {
  const chunk = manifest[key];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const next of chunk.imports ?? []) take(next);
}
take("index.html");
// After the login everybody lands in the inbox, so its chunk counts as well.
take("src/pages/inbox/index.tsx");

let total = 0;
for (const file of [...files].sort()) {
  const bytes = gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
  total += bytes;
  process.stdout.write(`${(bytes / 1024).toFixed(1).padStart(8)} KB  ${file}\n`);
}
process.stdout.write(
  `${(total / 1024).toFixed(1).padStart(8)} KB  first load, of at most ${FIRST_LOAD_MAX_BYTES / 1024} KB\n`,
);
if (total > FIRST_LOAD_MAX_BYTES) process.exitCode = 1;
