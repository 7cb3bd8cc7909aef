import { expect, test } from "vitest";
import type { Tool } from "../../api/assistant";
import {
  argumentsOf,
  emptyTool,
  problemsOf,
  rowsOf,
  schemaOf,
  type TypedTool,
  typedTool,
  wantedOf,
} from "./tool";

const order = { name: "order", type: "string", description: "Its number", required: true } as const;
const tool: Tool = {
  id: "t",
  name: "order_status",
  description: "Looks an order up.",
  arguments: schemaOf([order]),
  method: "GET",
  url: "https://shop.example/orders/{order}",
  headers: [{ name: "X-Key" }],
  timeout_ms: 5000,
  response_max_bytes: 8192,
  enabled: true,
  updated_at: "2026-11-22T12:00:00.000Z",
};

test("arguments go from rows to a schema and back", () => {
  const rows = [order, { name: "count", type: "integer", description: "", required: false } as const];
  expect(schemaOf(rows)).toEqual({
    type: "object",
    properties: { order: { type: "string", description: "Its number" }, count: { type: "integer" } },
    required: ["order"],
  });
  expect(rowsOf(schemaOf(rows))).toEqual(rows);
});

test("a schema that says more than rows stays as it is", () => {
  const bounded = { type: "object", properties: { size: { type: "string", enum: ["S", "M"] } } };
  expect(rowsOf(bounded)).toBeNull();
  const typed = typedTool({ ...tool, arguments: bounded });
  expect(wantedOf(typed, tool).arguments).toEqual(bounded);
});

test("a stored header is sent without a value, and what was seen says so", () => {
  const wanted = wantedOf({ ...typedTool(tool), description: " Where it is. " }, tool);
  expect(wanted.headers).toEqual([{ name: "X-Key" }]);
  expect(wanted.updated_at).toBe(tool.updated_at);
  expect(wanted.description).toBe("Where it is.");
  expect(wantedOf(typedTool(tool), null)).not.toHaveProperty("updated_at");
});

test("what is missing is named before it is sent", () => {
  expect(Object.keys(problemsOf(emptyTool))).toEqual(["name", "description", "url"]);
  expect(problemsOf(typedTool(tool))).toEqual({});
  const twice: TypedTool = { ...typedTool(tool), arguments: [order, order] };
  expect(problemsOf(twice)).toHaveProperty("arguments");
  expect(problemsOf({ ...typedTool(tool), schema: "[1]" })).toHaveProperty("arguments");
  const bare = { ...typedTool(tool), headers: [{ name: "X", value: "", stored: false }] };
  expect(problemsOf(bare)).toHaveProperty("headers");
  const emptied = { ...typedTool(tool), timeout_ms: Number.NaN, response_max_bytes: Number.NaN };
  expect(Object.keys(problemsOf(emptied))).toEqual(["timeout_ms", "response_max_bytes"]);
});

test("what is tried is sent as the schema wants it", () => {
  const rows = [
    order,
    { name: "count", type: "integer", description: "", required: false } as const,
    { name: "gift", type: "boolean", description: "", required: false } as const,
  ];
  expect(argumentsOf(rows, { order: "A1", count: "2", gift: "true" })).toEqual({
    order: "A1",
    count: 2,
    gift: true,
  });
  expect(argumentsOf(rows, { order: "A1", count: "" })).toEqual({ order: "A1" });
  expect(argumentsOf(rows, { count: "two" })).toEqual({ count: "two" });
});
