// A real model behind chat completions, without any network: SmolLM2-135M by node-llama-cpp. It streams, counts tokens, and
// refuses tools as servers do whose model knows none. Of long instructions only the beginning is read: it has to be quick. It says `listening PORT` on its first line.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, modelPath] = process.argv.slice(2);
const entry = createRequire(`${modules}/`).resolve("node-llama-cpp");
const { getLlama, LlamaChatSession } = await import(pathToFileURL(entry).href);

const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error" });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: 4096, threads: 1 });

/** One request at a time: there is one context. */
let turn = Promise.resolve();

const refuse = (response, status, message) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message, type: "invalid_request_error" } }));
};

async function complete(wanted, response, signal) {
  const said = wanted.messages.filter((message) => message.role !== "system");
  const system = wanted.messages.filter((message) => message.role === "system").map((message) => message.content);
  const sequence = context.getSequence();
  const session = new LlamaChatSession({ contextSequence: sequence, systemPrompt: system.join("\n").slice(0, 800) });
  const chunk = (choices, more = {}) =>
    response.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices, ...more })}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" });
  const text = await session.prompt(said.at(-1).content, {
    maxTokens: Math.min(wanted.max_tokens ?? 64, 32),
    temperature: 0,
    signal,
    stopOnAbortSignal: true,
    onTextChunk: (content) => chunk([{ index: 0, delta: { content }, finish_reason: null }]),
  });
  chunk([{ index: 0, delta: {}, finish_reason: "stop" }]);
  const completion_tokens = model.tokenize(text).length;
  if (wanted.stream_options?.include_usage) {
    chunk([], { usage: { prompt_tokens: sequence.nextTokenIndex - completion_tokens, completion_tokens } });
  }
  response.end("data: [DONE]\n\n");
  session.dispose();
  sequence.dispose();
}

const server = createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  const wanted = JSON.parse(body);
  if (wanted.tools) return refuse(response, 400, "this model does not support tools");
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  turn = turn.then(() => complete(wanted, response, gone.signal)).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
server.listen(0, "127.0.0.1", () => console.log(`listening ${server.address().port}`));
