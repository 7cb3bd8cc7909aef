// A person at the desk without the console: the agent protocol, spoken from a page, which is the only WebSocket client here.
import type { Page } from "@playwright/test";
import { Office } from "./people";
import type { Server } from "./server";

declare global {
  interface Window {
    desk?: { socket: WebSocket; waiting: Map<string, (frame: Record<string, unknown>) => void> };
  }
}

/** Commands that wait for their answer at once: below `live.pending_max`. */
const PIPELINE = 48;

type Fields = Record<string, unknown>;

export class Desk {
  private nextId = 1;

  private constructor(private readonly page: Page) {}

  /** Comes to work as somebody; `page` is used for nothing else. */
  static async enter(page: Page, server: Server, who: { email: string; password: string }, status = "busy"): Promise<Desk> {
    const { token } = await Office.open(server, who);
    await page.goto(`${server.url}/livez`);
    await page.evaluate(
      ([token, status]) =>
        new Promise<void>((welcomed, lost) => {
          const socket = new WebSocket(`ws://${location.host}/ws/agent`, ["switchboard.agent.v1", `bearer.${token}`]);
          const waiting = new Map<string, (frame: Record<string, unknown>) => void>();
          window.desk = { socket, waiting };
          socket.onopen = () => socket.send(JSON.stringify({ type: "hello", scope: "mine", status }));
          socket.onclose = (close) => lost(new Error(`the desk was left: ${close.code} ${close.reason}`));
          socket.onmessage = (message) => {
            const frame = JSON.parse(String(message.data));
            if (frame.type === "welcome") welcomed();
            waiting.get(frame.id)?.(frame);
          };
        }),
      [token, status] as const,
    );
    return new Desk(page);
  }

  /** Gives the acknowledgement; a refusal is an error. */
  async does(type: string, fields: Fields): Promise<Fields> {
    const frame = await this.page.evaluate(
      (command) =>
        new Promise<Record<string, unknown>>((answered) => {
          window.desk?.waiting.set(command.id, answered);
          window.desk?.socket.send(JSON.stringify(command));
        }),
      { type, id: `d${this.nextId++}`, ...fields },
    );
    if (frame.type === "error") throw new Error(`${type}: ${frame.code} ${frame.message}`);
    return frame;
  }

  /** Takes a session that waits. */
  async takes(session: string): Promise<void> {
    const { session: summary } = (await this.does("watch", { session })) as { session: { epoch: number } };
    await this.does("claim", { session, epoch: summary.epoch });
    await this.does("unwatch", { session });
  }

  async says(session: string, text: string): Promise<void> {
    await this.does("send", { session, text, client_id: `${session}-${this.nextId}` });
  }

  /** Many messages, numbered from one, as fast as they are taken; each waits for its place among `PIPELINE`. */
  async saysMuch(session: string, count: number): Promise<void> {
    await this.page.evaluate(
      ({ session, count, pipeline }) =>
        new Promise<void>((done, refused) => {
          const { socket, waiting } = window.desk ?? { socket: null, waiting: new Map() };
          let [sent, taken] = [0, 0];
          const next = () => {
            sent += 1;
            const id = `many-${sent}`;
            const text = `message ${String(sent).padStart(5, "0")}`;
            waiting.set(id, (frame: Record<string, unknown>) => {
              waiting.delete(id);
              taken += 1;
              if (frame.type === "error") refused(new Error(String(frame.message)));
              else if (sent < count) next();
              else if (taken === count) done();
            });
            socket?.send(JSON.stringify({ type: "send", id, session, text, client_id: id }));
          };
          while (sent < Math.min(count, pipeline)) next();
        }),
      { session, count, pipeline: PIPELINE },
    );
  }

  async closes(session: string, reason: string): Promise<void> {
    await this.does("close", { session, reason, summary: "" });
  }

  /** Goes home; the next time they come they are available. */
  async leaves(): Promise<void> {
    await this.does("status", { status: "available" });
    await this.page.goto("about:blank");
  }
}
