// A customer's mail program: curl, which hands mails to a real server by SMTP and reads its mailbox by IMAP.
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";

export class MailProgram {
  /** Writes as `address`; the servers are those of the support mailbox that these lead to. */
  constructor(
    private readonly address: string,
    private readonly imapUrl: string,
    private readonly smtpUrl: string,
  ) {}

  /** Sends a mail, as an answer where it is one, and gives its id. */
  async sends(mail: { to: string; subject: string; text: string; inReplyTo?: string }): Promise<string> {
    const id = `<${randomUUID()}@jo.test>`;
    const lines = [
      `From: Jo Doe <${this.address}>`,
      `To: ${mail.to}`,
      `Subject: ${mail.subject}`,
      `Date: ${new Date().toUTCString().replace("GMT", "+0000")}`,
      `Message-ID: ${id}`,
      ...(mail.inReplyTo ? [`In-Reply-To: ${mail.inReplyTo}`, `References: ${mail.inReplyTo}`] : []),
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8",
      "",
      mail.text,
    ];
    const { origin, login } = mine(this.smtpUrl, this.address);
    const envelope = ["--mail-from", this.address, "--mail-rcpt", "support@example.test"];
    await curl([origin, "--user", login, ...envelope, "--upload-file", "-"], lines.join("\r\n"));
    return id;
  }

  /** The mails in its inbox, the oldest first. */
  async reads(): Promise<string[]> {
    const { origin, login } = mine(this.imapUrl, this.address);
    const found = await curl([`${origin}/INBOX?ALL`, "--user", login]);
    const numbers = found.match(/\d+/g) ?? [];
    return Promise.all(
      numbers.map((number) => curl([`${origin}/INBOX;MAILINDEX=${number}`, "--user", login])),
    );
  }
}

/** A header of a mail, unfolded. */
export function header(mail: string, name: string): string {
  const head = mail.split(/\r?\n\r?\n/)[0] ?? "";
  return (
    new RegExp(`^${name}: (.*(?:\\r?\\n[ \\t].*)*)`, "im").exec(head)?.[1]?.replace(/\s+/g, " ").trim() ?? ""
  );
}

/** The same server for somebody else, who has the same password. */
function mine(url: string, address: string): { origin: string; login: string } {
  const { protocol, host, password } = new URL(url);
  return { origin: `${protocol}//${host}`, login: `${address}:${password}` };
}

function curl(args: string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("curl", ["--silent", "--show-error", "--max-time", "20", ...args]);
    let said = "";
    let wrong = "";
    child.stdout.on("data", (bytes) => {
      said += bytes;
    });
    child.stderr.on("data", (bytes) => {
      wrong += bytes;
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(said) : reject(new Error(`curl: ${wrong}`))));
    child.stdin.end(input);
  });
}
