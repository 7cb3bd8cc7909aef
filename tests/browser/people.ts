// The staff of a test's shop, made over the console's REST as an administrator would.
import { ADMIN, type Server } from "./server";

export interface Person {
  email: string;
  password: string;
  name: string;
  id: string;
}

/** An administrator's calls. */
export class Office {
  private constructor(
    private readonly server: Server,
    readonly token: string,
  ) {}

  static async open(server: Server, who: { email: string; password: string } = ADMIN): Promise<Office> {
    const answer = await fetch(`${server.url}/api/console/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(who),
    });
    if (!answer.ok) throw new Error(`login: ${answer.status} ${await answer.text()}`);
    const { token } = (await answer.json()) as { token: string };
    return new Office(server, token);
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.server.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  async hire(first: string, last: string, role = "agent"): Promise<Person> {
    const email = `${first}.${last}@shop.example`.toLowerCase();
    const password = "Agent-password-1";
    const made = await this.call<{ id: string }>("POST", "/api/console/team/agents", {
      email,
      first_name: first,
      last_name: last,
      password,
      role,
    });
    return { email, password, name: `${first} ${last}`, id: made.id };
  }
}
