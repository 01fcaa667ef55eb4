#!/usr/bin/env python3
"""A producer for Redis streams that resends until it is acknowledged: an agent of docs/agent-protocol.md."""
import json
import os
import signal
import time

import redis
import zmq

control = zmq.Context().socket(zmq.DEALER)
control.setsockopt_string(zmq.ROUTING_ID, os.environ["ASSAY_IDENTITY"])
control.connect(os.environ["ASSAY_CONTROL"])
control.send_json({"type": "hello", "protocol": 1, "pid": os.getpid(), "token": os.environ["ASSAY_TOKEN"]})
me = control.recv_json()
events = os.open(me["events"], os.O_WRONLY | os.O_APPEND)
cursor = os.path.join(me["state"], "cursor")
host, port = me["address"].rsplit(":", 1)
server = redis.Redis(host, int(port), password=os.environ["ASSAY_SECRET"], socket_timeout=me["request_timeout_ms"] / 1000)
passes, stop_at, attempts = {}, None, {}


def record(type, **fields):
    os.write(events, json.dumps({"type": type, "time": time.monotonic_ns(), **fields}).encode() + b"\n")


def point(window, message):
    if not message.rsplit("/", 1)[1].isdigit():
        return  # a canary passes unmarked
    record("point", window=window)
    passes[window] = passes.get(window, 0) + 1
    if stop_at == {"window": window, "occurrence": passes[window]}:
        os.kill(os.getpid(), signal.SIGSTOP)
        record("point", window=window[:2] + "went_on")  # how a pause shows that it did


def send(message, key, body):
    while True:
        attempts[message] = attempts.get(message, me["incarnation"] * 1000) + 1
        about = {"message": message, "attempt": attempts[message]}
        payload = f"assay/1 {me['run']} {message} {attempts[message]} {key or '-'}\n{body}"
        record("send", phase="invoke", **about)
        try:
            entry = server.xadd(me["channel"], {"b": payload, "k": key})
            return record("send", phase="ok", copy=f"{me['channel']}/{entry.decode()}", **about)
        except redis.exceptions.RedisError as error:
            record("send", phase="indeterminate", error=str(error), **about)
            time.sleep(0.01)


control.send_json({"type": "ready"})
stop_at = control.recv_json().get("stop_at")
done = int(open(cursor).read()) if os.path.exists(cursor) else 0
for number, line in enumerate(open(me["messages"]), 1):
    if number > done:
        planned = json.loads(line)
        point("P.before_send", planned["message"])
        send(planned["message"], planned["key"], planned["body"])
        point("P.acked_before_cursor", planned["message"])
        with open(cursor + ".new", "w") as file:
            file.write(str(number))
        os.rename(cursor + ".new", cursor)
        point("P.cursor_saved", planned["message"])
control.send_json({"type": "done"})
while (command := control.recv_json())["type"] != "bye":
    send(command["message"], command["key"], command["body"])
