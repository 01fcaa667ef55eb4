#!/usr/bin/env python3
"""A consumer for broker.py that acknowledges after it has processed: an agent of docs/agent-protocol.md."""
import json
import os
import signal
import socket
import time

import zmq

control = zmq.Context().socket(zmq.DEALER)
control.setsockopt_string(zmq.ROUTING_ID, os.environ["ASSAY_IDENTITY"])
control.connect(os.environ["ASSAY_CONTROL"])
control.send_json({"type": "hello", "protocol": 1, "pid": os.getpid(), "token": os.environ["ASSAY_TOKEN"]})
me = control.recv_json()
events = os.open(me["events"], os.O_WRONLY | os.O_APPEND)
effects = os.open(me["effects"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
server, passes, stop_at, probed = None, {}, None, None


def record(type, **fields):
    os.write(events, json.dumps({"type": type, "time": time.monotonic_ns(), **fields}).encode() + b"\n")


def point(window, message):
    if not message.rsplit("/", 1)[1].isdigit():
        return  # a canary passes unmarked
    record("point", window=window)
    passes[window] = passes.get(window, 0) + 1
    if stop_at == {"window": window, "occurrence": passes[window]}:
        os.kill(os.getpid(), signal.SIGSTOP)


def connect():
    global server
    host, port = me["address"].rsplit(":", 1)
    server = socket.create_connection((host, int(port)), me["request_timeout_ms"] / 1000).makefile("rwb")
    record("session", phase="open")


def ask(**question):
    server.write(json.dumps(question).encode() + b"\n")
    server.flush()
    answer = server.readline()
    if not answer.endswith(b"\n"):
        raise ConnectionError("the connection ended")
    return json.loads(answer)


def get(asked):
    try:
        return ask(do="get", queue=me["channel"])
    except TimeoutError:
        record("session", phase="indeterminate", asked=asked)  # a poll without an answer: what a stalled server is known by
        raise


def acknowledge(tag):
    record("ack", phase="invoke", tag=tag)
    try:
        record("ack", phase="confirmed" if ask(do="ack", id=tag)["ok"] else "refused", tag=tag)
    except OSError:
        record("ack", phase="indeterminate", tag=tag)
        raise


def process(entry, asked):
    sent = json.loads(entry["body"])
    message, attempt = sent["message"], sent["attempt"]
    record("deliver", message=message, attempt=attempt, key=sent["key"], body=sent["body"], tag=entry["id"], copy=entry["id"],
           asked=asked)
    point("C.received", message)
    os.write(effects, json.dumps({"message": message, "attempt": attempt}).encode() + b"\n")
    point("C.effect_before_ack", message)
    acknowledge(entry["id"])


def tell_whether(empty, asked):
    """What silence is made of: a poll that began after assay wanted to know, and what came of it."""
    global probed
    if probed is not None and asked > probed:
        record("drain", phase="probe", empty=empty, asked=asked)
        probed = None


connect()
control.send_json({"type": "ready"})
stop_at = control.recv_json().get("stop_at")
pause_ms = 0
while True:
    if control.poll(pause_ms):
        if control.recv_json()["type"] == "bye":
            break
        probed = time.monotonic_ns()
    try:
        if server is None:
            connect()
        asked = time.monotonic_ns()
        entry = get(asked)
        if entry:
            process(entry, asked)
        tell_whether(not entry, asked)
        pause_ms = 0 if entry else 5
    except OSError:
        server, pause_ms = None, 10  # what was not answered stays open on record; a new session begins
