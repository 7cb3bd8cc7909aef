"""Does with python-socketio what talk.js does with the JavaScript client."""

import asyncio
import json
import sys

import socketio

url, token, room, transports, total = sys.argv[1:]
total = int(total)
client = socketio.AsyncClient(reconnection_delay=0.05, reconnection_delay_max=0.2, randomization_factor=0)
heard = []
state = {"after": None, "connections": 0}
joined = asyncio.Event()
done = asyncio.Event()


@client.event
async def connect():
    state["connections"] += 1
    wanted = {"room": room, "user": "ann", "user_type": "customer", "after": state["after"]}

    def told(answer):
        assert answer.get("ok") and not answer.get("resync"), answer
        state["after"] = state["after"] or answer["position"]
        joined.set()

    await client.emit("join_room", wanted, callback=told)


@client.event
async def disconnect(*_):
    joined.clear()


@client.event
async def new_message(data):
    state["after"] = {"epoch": data["epoch"], "seq": data["seq"]}
    if data["user_type"] == "customer":
        heard.append(data["message"])
    if data["message"] == str(total - 1):
        done.set()


async def send(number):
    message = {"room": room, "message": str(number), "user_type": "customer", "id": f"m{number}"}
    while True:
        await joined.wait()
        try:
            if (await client.call("send_message", message, timeout=2)).get("ok"):
                return
        except socketio.exceptions.SocketIOError:
            pass  # Not told, or away: sent again under the same id.


async def main():
    await client.connect(url, auth={"token": token}, transports=transports.split(","), wait_timeout=10)
    for number in range(total):
        if number == total // 2:
            print("half", flush=True)
        await send(number)
    await done.wait()
    print(json.dumps({"heard": heard, "connections": state["connections"], "transport": client.transport()}), flush=True)
    await client.disconnect()


asyncio.run(main())
