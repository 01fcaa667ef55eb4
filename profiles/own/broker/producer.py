#!/usr/bin/env python3
"""A producer for broker.py that resends until it is acknowledged: an agent of docs/agent-protocol.md."""
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
cursor = os.path.join(me["state"], "cursor")
server, passes, stop_at, attempts = None, {}, None, {}


def record(type, **fields):
    os.write(events, json.dumps({"type": type, "time": time.monotonic_ns(), **fields}).encode() + b"\n")


def point(window, message):
    if not message.rsplit("/", 1)[1].isdigit():
        return  # a canary passes unmarked
    record("point", window=window)
    passes[window] = passes.get(window, 0) + 1
    if stop_at == {"window": window, "occurrence": passes[window]}:
        os.kill(os.getpid(), signal.SIGSTOP)


def ask(**question):
    """One line there, one line back; a connection that has not answered is given up."""
    global server
    try:
        if server is None:
            host, port = me["address"].rsplit(":", 1)
            server = socket.create_connection((host, int(port)), me["request_timeout_ms"] / 1000).makefile("rwb")
        server.write(json.dumps(question).encode() + b"\n")
        server.flush()
        answer = server.readline()
        if not answer.endswith(b"\n"):
            raise ConnectionError("the connection ended")
        return json.loads(answer)
    except OSError:
        server = None
        raise


def send(message, key, body):
    while True:
        attempts[message] = attempts.get(message, me["incarnation"] * 1000) + 1
        about = {"message": message, "attempt": attempts[message]}
        record("send", phase="invoke", **about)
        try:
            stored = ask(do="put", queue=me["channel"], body=json.dumps({**about, "key": key, "body": body}))
            return record("send", phase="ok", copy=stored["id"], **about)
        except OSError as error:
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
control.send_json({"type": "done"})
while (command := control.recv_json())["type"] != "bye":
    send(command["message"], command["key"], command["body"])
