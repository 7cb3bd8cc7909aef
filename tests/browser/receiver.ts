// A shop's own service that webhooks are sent to: it keeps what it gets, answers as it is told, and can be away for a while.
import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  type: string;
}

export class Receiver {
  private server: Server | undefined;
  private port = 0;
  /** What it answers to an event of that name. */
  answer: (type: string) => { status: number; text: string } = () => ({ status: 200, text: "ok" });
  /** Everything that came, whatever it was answered. */
  readonly received: Received[] = [];

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.comesBack();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** Listens, at the same port as before if it was there already. */
  async comesBack(): Promise<void> {
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (bytes: Buffer) => {
        body += bytes.toString();
      });
      request.on("end", () => {
        const { type } = JSON.parse(body);
        this.received.push({ headers: request.headers, body, type });
        const { status, text } = this.answer(type);
        response.writeHead(status, { "content-type": "text/plain" }).end(text);
      });
    });
    await new Promise<void>((listening) => server.listen(this.port, "127.0.0.1", listening));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Nobody listens at its port. */
  async leaves(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.closeAllConnections();
    if (server) await new Promise((closed) => server.close(closed));
  }

  /** How often an event of that name came. */
  count(type: string): number {
    return this.received.filter((one) => one.type === type).length;
  }
}

/** `webhook-signature` as Standard Webhooks 1.0 has it, by somebody who knows the secret. */
export function signatureOf({ headers, body }: Received, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
}
