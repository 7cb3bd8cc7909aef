// A real server as its own process, on a port and a folder of its own; it can be killed and started again.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ADMIN = { email: "admin@shop.example", password: "Admin-password-1" };

export const API_KEY = "browser-api-key-0123456789abcdef";

const READY_MAX_MS = 30_000;

/** Debian's libfaketime: a program that has it loaded lives on another day. */
const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/** Whether a server can be started on another day. */
export const canTravel = existsSync(FAKETIME);

export class Server {
  private child: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), "switchboard-browser-"));
  private said = "";

  private constructor(
    readonly port: number,
    private readonly settings: Record<string, string>,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const server = new Server(await freePort(), settings);
    await server.begin();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the process on the folder as it is, and waits until it is ready. */
  async begin(extra: Record<string, string> = {}): Promise<void> {
    const program = process.env.SWITCHBOARD_BIN;
    if (!program) throw new Error("SWITCHBOARD_BIN names the server's program");
    this.child = spawn(program, ["serve"], {
      cwd: this.folder,
      env: { ...this.environment(), ...extra },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (bytes: Buffer) => {
      this.said = (this.said + bytes.toString()).slice(-20_000);
    };
    this.child.stdout?.on("data", keep);
    this.child.stderr?.on("data", keep);
    const deadline = Date.now() + READY_MAX_MS;
    while (!(await this.isReady())) {
      if (this.child.exitCode !== null || Date.now() > deadline) throw new Error(`no server:\n${this.said}`);
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  /** Starts the process on another day, whose clock runs so much faster; timers inside the process do not. */
  async beginAt(day: Date, faster: number): Promise<void> {
    const at = day.toISOString().slice(0, 19).replace("T", " ");
    await this.begin({
      TZ: "UTC",
      LD_PRELOAD: FAKETIME,
      FAKETIME: `@${at} x${faster}`,
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    });
  }

  /** As `kill -9` does: nothing is said or saved. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }

  /** Runs the program on the folder while no server does, and gives what it printed. */
  offline(args: string[], input = "", settings: Record<string, string> = {}): string {
    const program = process.env.SWITCHBOARD_BIN ?? "";
    const env = { ...this.environment(), ...settings };
    return execFileSync(program, args, { cwd: this.folder, env, input, encoding: "utf8" });
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private environment(): NodeJS.ProcessEnv {
    // Only the settings of the test count, not those of whoever runs it.
    const outer = Object.entries(process.env).filter(([name]) => !name.startsWith("SWITCHBOARD_"));
    return {
      ...Object.fromEntries(outer),
      SWITCHBOARD_SERVER__LISTEN: `127.0.0.1:${this.port}`,
      SWITCHBOARD_STORE__URL: `fjall:${join(this.folder, "data")}`,
      SWITCHBOARD_BOOTSTRAP__ADMIN_EMAIL: ADMIN.email,
      SWITCHBOARD_BOOTSTRAP__ADMIN_PASSWORD: ADMIN.password,
      SWITCHBOARD_BOOTSTRAP__API_KEY: API_KEY,
      ...this.settings,
    };
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const address = probe.address();
  await new Promise((closed) => probe.close(closed));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
