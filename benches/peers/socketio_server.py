"""What people use now: FastAPI with python-socketio, as its documentation shows it. It keeps nothing."""

import sys
from datetime import datetime, timezone

import fastapi
import socketio
import uvicorn

sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*")


@sio.event
async def join_room(sid, data):
    await sio.enter_room(sid, data["room"])
    return {"ok": True}


@sio.event
async def send_message(sid, data):
    now = datetime.now(timezone.utc).isoformat()
    said = {"message": data["message"], "user_type": data["user_type"], "timestamp": now}
    await sio.emit("new_message", said, room=data["room"])
    return {"ok": True}


app = socketio.ASGIApp(sio, fastapi.FastAPI())
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
