#!/usr/bin/env python3
"""A consumer of Redis streams that acknowledges after it has processed: an agent of docs/agent-protocol.md."""
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
effects = os.open(me["effects"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
name, stream, group = me["name"], me["channel"], me["group"]
host, port = me["address"].rsplit(":", 1)
server = redis.Redis(host, int(port), password=os.environ["ASSAY_SECRET"], socket_timeout=me["request_timeout_ms"] / 1000)
passes, stop_at = {}, None


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


def subscribe():
    try:
        server.xgroup_create(stream, group, id="0", mkstream=True)
    except redis.exceptions.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
    for dead in me["take_over"]:
        for held in server.xpending_range(stream, group, "-", "+", 1000, consumername=dead):
            server.xclaim(stream, group, name, 0, [held["message_id"]], justid=True)
    record("session", phase="open")


def process(entry, fields):
    header, body = fields[b"b"].decode().split("\n", 1)
    _, _, message, attempt, key = header.split(" ")
    record("deliver", message=message, attempt=int(attempt), key=key if key != "-" else "", body=body,
           tag=entry.decode(), copy=f"{stream}/{entry.decode()}")
    point("C.received", message)
    os.write(effects, json.dumps({"message": message, "attempt": int(attempt)}).encode() + b"\n")
    point("C.effect_before_ack", message)
    record("ack", phase="invoke", tag=entry.decode())
    confirmed = server.xack(stream, group, entry)
    record("ack", phase="confirmed" if confirmed else "refused", tag=entry.decode())
    point("C.acked", message)


subscribe()
control.send_json({"type": "ready"})
stop_at = control.recv_json().get("stop_at")
after = "0"  # first what this name still holds, then what is new
while not (control.poll(0) and control.recv_json()["type"] == "bye"):
    try:
        if after is None:
            subscribe()
            after = "0"
        found = server.xreadgroup(group, name, {stream: after}, count=me["prefetch"], block=5 if after == ">" else None)
        entries = found[0][1] if found else []
        for entry, fields in entries:
            process(entry, fields)
        if not entries:
            after = ">"
    except redis.exceptions.RedisError:
        after = None  # what was not answered stays open on record; a new session begins
        time.sleep(0.01)
