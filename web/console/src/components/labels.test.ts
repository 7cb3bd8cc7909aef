import { describe, expect, it } from "vitest";
import { targetOf, words } from "./labels";

describe("words of the wire", () => {
  it("are as people write them", () => {
    expect(["order_inquiry", "api_key_created", "widget"].map(words)).toEqual([
      "Order inquiry",
      "API key created",
      "Widget",
    ]);
  });

  it("say on what an administrator acted", () => {
    expect(
      ["canned_reply refund", "user Jane Smith", "settings widget", "signing_key"].map(targetOf),
    ).toEqual(["Canned reply: refund", "Jane Smith", "Settings: widget", "Signing key"]);
  });
});
