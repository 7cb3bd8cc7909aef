import { expect, test } from "vitest";
import { withDays } from "./RetentionTab";

test("a channel has days of its own, or none", () => {
  const set = withDays({ web: 30 }, "email", 365);
  expect(set).toEqual({ web: 30, email: 365 });
  expect(withDays(set, "web", null)).toEqual({ email: 365 });
});
