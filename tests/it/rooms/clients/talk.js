// Joins a room with the official client, sends numbered messages, each once it was told that the last one is durable, and
// tells what it heard. Whatever happens to the connection, it comes back with its position and sends again what it was not
// told about. Prints "half" when half is sent, and at the end what it heard as JSON.
"use strict";
const { io } = require("socket.io-client");

const [url, token, room, transports, total] = process.argv.slice(2);
const socket = io(url, {
  auth: { token },
  transports: transports.split(","),
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
});
const heard = [];
let connections = 0;
let after;

function finish() {
  console.log(JSON.stringify({ heard, connections, transport: socket.io.engine.transport.name }));
  process.exit(0);
}

socket.on("connect_error", (error) => {
  // The network may be away; a refusal is final.
  if (!socket.active) {
    console.error(error.message);
    process.exit(1);
  }
});

socket.on("connect", () => {
  connections += 1;
  socket.emit("join_room", { room, user: "ann", user_type: "customer", after }, (joined) => {
    if (!joined.ok || joined.resync) {
      console.error(JSON.stringify(joined));
      process.exit(1);
    }
    after ??= joined.position;
  });
});

socket.on("new_message", (data) => {
  after = { epoch: data.epoch, seq: data.seq };
  if (data.user_type === "customer") {
    heard.push(data.message);
  }
  if (data.message === String(total - 1)) {
    finish();
  }
});

async function send(number) {
  const message = { room, message: String(number), user_type: "customer", timestamp: new Date(), id: `m${number}` };
  for (;;) {
    try {
      const sent = await socket.timeout(2000).emitWithAck("send_message", message);
      if (sent.ok) {
        return;
      }
    } catch {
      // Not told: sent again under the same id.
    }
  }
}

socket.once("connect", async () => {
  for (let number = 0; number < total; number += 1) {
    if (number === total / 2) {
      console.log("half");
    }
    await send(number);
  }
});
