import { describe, expect, it } from "vitest";
import { canRetry, chunkingProblem, fileProblem, isUnderWay, meanwhile, progressOf, size } from "./states";
import type { KnowledgeDocument } from "./types";

const ready: KnowledgeDocument = {
  id: "0190",
  title: "Terms",
  author: null,
  kind: "pdf",
  url: null,
  state: "ready",
  fault: null,
  version: 2,
  live: 2,
  chunk_chars: 1000,
  overlap_chars: 150,
  bytes: 48_213,
  chars: 18_210,
  chunks: 22,
  chunks_done: 22,
  created_at: "2026-11-22T12:00:00.000Z",
  updated_at: "2026-11-22T12:00:04.000Z",
};

describe("a source", () => {
  it("is asked for again only while something is under way", () => {
    const states = ["waiting", "reading", "indexing", "ready", "error"] as const;
    expect(states.map((state) => isUnderWay({ ...ready, state }))).toEqual([true, true, true, false, false]);
  });

  it("shows how far it is while it is indexed", () => {
    expect(progressOf({ ...ready, state: "indexing", chunks_done: 5 })).toEqual({ done: 5, of: 22 });
    expect(progressOf(ready)).toBeNull();
  });

  it("says what is used while the newest version is not", () => {
    expect(meanwhile(ready)).toBeNull();
    expect(meanwhile({ ...ready, state: "reading", version: 3 })).toBe("Answers still use version 2");
    expect(meanwhile({ ...ready, state: "error", live: null })).toBe("Not used in answers");
    expect(meanwhile({ ...ready, state: "waiting", live: null })).toBeNull();
  });

  it("is read again where that helps", () => {
    expect([
      canRetry(ready),
      canRetry({ ...ready, state: "error" }),
      canRetry({ ...ready, kind: "url" }),
    ]).toEqual([false, true, true]);
  });
});

describe("figures", () => {
  it("are short", () => {
    expect([size(0), size(512), size(48_213), size(10_485_760), size(1_073_741_824)]).toEqual([
      "0 B",
      "512 B",
      "47.1 KB",
      "10 MB",
      "1 GB",
    ]);
  });
});

describe("what is not worth sending", () => {
  it("is said before it is sent", () => {
    const max = 1024;
    expect(fileProblem({ name: "Terms.PDF", size: 900 }, max)).toBeNull();
    expect(fileProblem({ name: "Terms.pdf", size: 2048 }, max)).toBe("Larger than 1 KB.");
    expect(fileProblem({ name: "photo.png", size: 9 }, max)).toMatch(/^Only PDF/);
    expect(fileProblem({ name: "a.txt", size: 0 }, max)).toBe("The file is empty.");
  });

  it("covers chunks that cannot be", () => {
    expect(chunkingProblem("", "", 1000)).toBeNull();
    expect(chunkingProblem(20, "", 1000)).toMatch(/50 to 8,000/);
    expect(chunkingProblem(200, 200, 1000)).toMatch(/shorter/);
    expect(chunkingProblem("", 999, 1000)).toBeNull();
  });
});
