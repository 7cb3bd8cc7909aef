// A model behind the chat-completions protocol, on a port of its own, that says each piece of its answer when it is told to.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A comment on the stream, so often that the server does not take the silence for a dead provider. */
const ALIVE_EVERY_MS = 500;

export class Model {
  private answer: ServerResponse | undefined;
  private asked: ((answer: ServerResponse) => void) | undefined;
  private readonly alive: NodeJS.Timeout;
  /** How often it was asked. */
  requests = 0;
  /** What it was asked last, as JSON. */
  askedWith = "";

  private constructor(private readonly server: Server) {
    this.alive = setInterval(() => this.answer?.write(": still here\n\n"), ALIVE_EVERY_MS);
    server.on("request", (request, response) => this.take(request, response));
  }

  static async start(): Promise<Model> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new Model(server);
  }

  /** What makes a server ask this model. Suggestions for the staff would be further requests. */
  get settings(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return {
      SWITCHBOARD_ASSISTANT__PROVIDER: "openai",
      SWITCHBOARD_ASSISTANT__OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      SWITCHBOARD_ASSISTANT__SUGGESTS: "false",
    };
  }

  /** Says more of the answer, to the request that is or will be there. */
  async says(text: string): Promise<void> {
    this.write(await this.listener(), { delta: { content: text }, finish_reason: null });
  }

  async ends(): Promise<void> {
    const answer = await this.listener();
    this.answer = undefined;
    this.write(answer, { delta: {}, finish_reason: "stop" });
    answer.end("data: [DONE]\n\n");
  }

  async stop(): Promise<void> {
    clearInterval(this.alive);
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    this.askedWith = "";
    request.on("data", (bytes: Buffer) => {
      this.askedWith += bytes.toString();
    });
    this.requests += 1;
    response.writeHead(200, { "content-type": "text/event-stream" });
    this.answer = response;
    this.asked?.(response);
  }

  private listener(): Promise<ServerResponse> {
    if (this.answer) return Promise.resolve(this.answer);
    return new Promise((asked) => {
      this.asked = asked;
    });
  }

  private write(answer: ServerResponse, choice: Record<string, unknown>): void {
    answer.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
  }
}
