// A server that takes mails and keeps them: as much of SMTP as it needs to take one.
import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export class Mailbox {
  /** As they came, line by line. */
  readonly mails: string[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((socket) => this.serve(socket));
  }

  static async start(): Promise<Mailbox> {
    const mailbox = new Mailbox();
    await new Promise<void>((listening) => mailbox.server.listen(0, "127.0.0.1", listening));
    return mailbox;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async end(): Promise<void> {
    await new Promise((closed) => this.server.close(closed));
  }

  private serve(socket: Socket): void {
    let rest = "";
    let mail: string[] | null = null;
    const say = (line: string) => socket.write(`${line}\r\n`);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes: Buffer) => {
      const lines = (rest + bytes.toString("latin1")).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (mail && line === ".") {
          this.mails.push(mail.join("\n"));
          mail = null;
          say("250 taken");
        } else if (mail) mail.push(line.replace(/^\./, ""));
        else if (/^DATA/i.test(line)) {
          mail = [];
          say("354 go on");
        } else if (/^QUIT/i.test(line)) {
          say("221 bye");
          socket.end();
        } else say("250 well");
      }
    });
    say("220 mailbox");
  }
}
