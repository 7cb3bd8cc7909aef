// One door to the REST routes of docs/dialects/console.md. A 401 asks for the password in place and then repeats the
// request, so no page has to think of it.
import { currentSession, markExpired, onSessionChange, signIn } from "./session";
import type { Login } from "./types";

const BASE = "/api/console";
const TIMEOUT_MS = 20_000;
const FILE_TIMEOUT_MS = 10 * 60_000;

export type Code =
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "conflict"
  | "too_large"
  | "too_many"
  | "busy"
  | "unavailable"
  | "offline";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: Code,
    message: string,
    /** The field of the request that was refused, where the server names one. */
    readonly field: string | null = null,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

function address(path: string, query?: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return `${BASE}${path}${text ? `?${text}` : ""}`;
}

async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as {
    error?: { code?: Code; message?: string; field?: string | null };
  } | null;
  const retry = Number(response.headers.get("retry-after"));
  const code = body?.error?.code ?? (response.status === 401 ? "unauthenticated" : "unavailable");
  const message = body?.error?.message ?? `the server answered ${response.status}`;
  return new ApiError(response.status, code, message, body?.error?.field ?? null, retry > 0 ? retry : null);
}

interface Init {
  body?: unknown;
  query?: Query;
  token?: string;
  /** The answer as a file, however long it takes. */
  file?: boolean;
  /** A file in place of JSON, however long it takes. */
  upload?: Blob;
  /** `Idempotency-Key`: the same request once more under the same key has no second effect. */
  key?: string | undefined;
}

function bodyOf(init: Init): Pick<RequestInit, "body"> & { type: string | null } {
  if (init.upload) return { body: init.upload, type: init.upload.type || "application/octet-stream" };
  if (init.body === undefined) return { body: null, type: null };
  return { body: JSON.stringify(init.body), type: "application/json" };
}

async function once<T>(method: string, path: string, init: Init) {
  const headers: Record<string, string> = { accept: "application/json" };
  if (init.token) headers.authorization = `Bearer ${init.token}`;
  const { body, type } = bodyOf(init);
  if (type) headers["content-type"] = type;
  if (init.key) headers["idempotency-key"] = init.key;
  const response = await fetch(address(path, init.query), {
    method,
    headers,
    body: body ?? null,
    signal: AbortSignal.timeout(init.file || init.upload ? FILE_TIMEOUT_MS : TIMEOUT_MS),
  }).catch(() => {
    throw new ApiError(0, "offline", "The server cannot be reached.");
  });
  if (!response.ok) throw await refusal(response);
  if (response.status === 204) return undefined as T;
  if (init.file) return (await response.blob()) as T;
  return (await response.json()) as T;
}

/** Resolves with the new token when the person has logged in again; rejects when they leave instead. */
function loggedInAgain(): Promise<string> {
  return new Promise((resolve, reject) => {
    const stop = onSessionChange(() => {
      const { session, expired } = currentSession();
      if (session && expired) return;
      stop();
      if (session) resolve(session.token);
      else reject(new ApiError(401, "unauthenticated", "You are logged out."));
    });
  });
}

async function request<T>(method: string, path: string, init: Omit<Init, "token"> = {}): Promise<T> {
  const token = currentSession().session?.token;
  try {
    return await once<T>(method, path, token ? { ...init, token } : init);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401 || !token) throw error;
    const newer = currentSession().session?.token;
    if (newer && newer !== token) return once<T>(method, path, { ...init, token: newer });
    const again = loggedInAgain();
    markExpired(token);
    return once<T>(method, path, { ...init, token: await again });
  }
}

export const api = {
  get: <T>(path: string, query?: Query) => request<T>("GET", path, query ? { query } : {}),
  post: <T>(path: string, body?: unknown, key?: string) =>
    request<T>("POST", path, { body: body ?? {}, key }),
  put: <T>(path: string, body: unknown) => request<T>("PUT", path, { body }),
  patch: <T>(path: string, body: unknown) => request<T>("PATCH", path, { body }),
  delete: <T = void>(path: string) => request<T>("DELETE", path),
  file: (path: string) => request<Blob>("GET", path, { file: true }),
  upload: <T>(method: "POST" | "PUT", path: string, upload: Blob, query: Query) =>
    request<T>(method, path, { upload, query }),
};

export async function logIn(email: string, password: string): Promise<void> {
  signIn(await once<Login>("POST", "/login", { body: { email, password } }));
}

/** A newer token for the one that still holds. */
export async function renew(): Promise<void> {
  const token = currentSession().session?.token;
  if (token) signIn(await once<Login>("POST", "/token", { body: {}, token }));
}

/** Does the token still hold? Rejects with the refusal, and asks nobody for a password. */
export async function checkToken(): Promise<void> {
  const token = currentSession().session?.token;
  await once<unknown>("GET", "/me", token ? { token } : {});
}
