import { describe, expect, it } from "vitest";
import { count, targetOf, words } from "./labels";

describe("words of the wire", () => {
  it("are as people write them", () => {
    expect(["order_inquiry", "api_key_created", "widget"].map(words)).toEqual([
      "Order inquiry",
      "API key created",
      "Widget",
    ]);
  });

  it("count one as one", () => {
    const ways = (number: number) => count(number, "other way", "other ways");
    expect([count(1, "chunk"), count(2, "chunk"), ways(1), ways(0)]).toEqual([
      "1 chunk",
      "2 chunks",
      "1 other way",
      "0 other ways",
    ]);
  });

  it("say on what an administrator acted", () => {
    expect(
      ["canned_reply refund", "user Jane Smith", "settings widget", "signing_key"].map(targetOf),
    ).toEqual(["Canned reply: refund", "Jane Smith", "Settings: widget", "Signing key"]);
  });
});
