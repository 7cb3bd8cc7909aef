// A tool as it is typed: arguments and headers as rows, or the schema as JSON where it says more than rows can.
import type { Tool, ToolMethod, ToolWanted } from "../../api/assistant";

export type ArgumentType = "string" | "number" | "integer" | "boolean";

export interface TypedArgument {
  name: string;
  type: ArgumentType;
  description: string;
  required: boolean;
}

export interface TypedHeader {
  name: string;
  /** Empty: the stored one stays. */
  value: string;
  stored: boolean;
}

export interface TypedTool {
  name: string;
  description: string;
  method: ToolMethod;
  url: string;
  arguments: TypedArgument[];
  /** The schema as JSON; null while it is made of the rows. */
  schema: string | null;
  headers: TypedHeader[];
  timeout_ms: number;
  response_max_bytes: number;
  enabled: boolean;
}

export const emptyTool: TypedTool = {
  name: "",
  description: "",
  method: "GET",
  url: "",
  arguments: [],
  schema: null,
  headers: [],
  timeout_ms: 5000,
  response_max_bytes: 8192,
  enabled: true,
};

export function typedTool(tool: Tool): TypedTool {
  const rows = rowsOf(tool.arguments);
  return {
    name: tool.name,
    description: tool.description,
    method: tool.method,
    url: tool.url,
    arguments: rows ?? [],
    schema: rows ? null : JSON.stringify(tool.arguments, null, 2),
    headers: tool.headers.map(({ name }) => ({ name, value: "", stored: true })),
    timeout_ms: tool.timeout_ms,
    response_max_bytes: tool.response_max_bytes,
    enabled: tool.enabled,
  };
}

/** What is sent. Throws where the schema is no JSON, which {@link problemsOf} says before. */
export function wantedOf(typed: TypedTool, tool: Tool | null): ToolWanted {
  const { schema, headers, ...rest } = typed;
  return {
    ...rest,
    name: typed.name.trim(),
    description: typed.description.trim(),
    url: typed.url.trim(),
    arguments: schema === null ? schemaOf(typed.arguments) : JSON.parse(schema),
    headers: headers.map(({ name, value }) => (value ? { name: name.trim(), value } : { name: name.trim() })),
    ...(tool ? { updated_at: tool.updated_at } : {}),
  };
}

export function schemaOf(rows: TypedArgument[]): Record<string, unknown> {
  const property = (row: TypedArgument) => ({
    type: row.type,
    ...(row.description.trim() ? { description: row.description.trim() } : {}),
  });
  return {
    type: "object",
    properties: Object.fromEntries(rows.map((row) => [row.name.trim(), property(row)])),
    required: rows.filter((row) => row.required).map((row) => row.name.trim()),
  };
}

/** The rows that say the same as a schema; null where it says more. */
export function rowsOf(schema: Record<string, unknown>): TypedArgument[] | null {
  const { type, properties = {}, required = [], ...more } = schema;
  if (type !== "object" || Object.keys(more).length > 0 || !Array.isArray(required)) return null;
  const rows: TypedArgument[] = [];
  for (const [name, property] of Object.entries(properties as Record<string, Record<string, unknown>>)) {
    const { type: kind, description = "", ...others } = property;
    if (!isArgumentType(kind) || typeof description !== "string" || Object.keys(others).length > 0)
      return null;
    rows.push({ name, type: kind, description, required: required.includes(name) });
  }
  return rows;
}

export type Problems = Partial<
  Record<
    "name" | "description" | "url" | "arguments" | "headers" | "timeout_ms" | "response_max_bytes",
    string
  >
>;

export function problemsOf(typed: TypedTool): Problems {
  const problems: Problems = {};
  if (!/^[a-z0-9_]{1,48}$/.test(typed.name.trim()))
    problems.name = "Small letters, digits and _, at most 48.";
  if (!typed.description.trim()) problems.description = "Say what it does, and when it is to be used.";
  if (!/^https?:\/\/\S+$/.test(typed.url.trim()))
    problems.url = "Enter a full address, such as https://shop.example.com/orders/{order}.";
  const names = typed.arguments.map((row) => row.name.trim());
  if (typed.schema !== null && !isObject(typed.schema)) problems.arguments = "This is no JSON object.";
  else if (typed.schema === null && (names.some((name) => !name) || new Set(names).size < names.length))
    problems.arguments = "Each needs a name of its own.";
  if (typed.headers.some((header) => !header.name.trim() || (!header.stored && !header.value)))
    problems.headers = "Each needs a name and a value.";
  if (Number.isNaN(typed.timeout_ms)) problems.timeout_ms = "Enter a number.";
  if (Number.isNaN(typed.response_max_bytes)) problems.response_max_bytes = "Enter a number.";
  return problems;
}

/** What of a try's values is sent, as the schema wants it: numbers as numbers, what is empty not at all. */
export function argumentsOf(rows: TypedArgument[], typed: Record<string, string>): Record<string, unknown> {
  const given = rows.filter((row) => (typed[row.name] ?? "").trim() !== "");
  return Object.fromEntries(given.map((row) => [row.name, typedValue(row.type, typed[row.name] ?? "")]));
}

function typedValue(type: ArgumentType, text: string): unknown {
  if (type === "string") return text;
  if (type === "boolean") return text === "true";
  const number = Number(text);
  // What is no number goes as it is: the server says what it wants instead.
  return Number.isNaN(number) ? text : number;
}

function isArgumentType(kind: unknown): kind is ArgumentType {
  return kind === "string" || kind === "number" || kind === "integer" || kind === "boolean";
}

export function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
