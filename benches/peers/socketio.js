// What people use now: a Socket.IO server on Node, as its documentation shows it. It keeps nothing.
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const port = Number(process.argv[2]);
const server = createServer();
const io = new Server(server);

io.on("connection", (socket) => {
  socket.on("join_room", async ({ room }, done) => {
    await socket.join(room);
    done?.({ ok: true });
  });
  socket.on("send_message", ({ room, message, user_type }, done) => {
    io.to(room).emit("new_message", { message, user_type, timestamp: new Date().toISOString() });
    done?.({ ok: true });
  });
});

server.listen(port, "127.0.0.1");
