#!/usr/bin/env python3
"""An outbox relay for JetStream: it publishes its rows in batches of ten, each with its id as Nats-Msg-Id, and notes how
far it is when a batch is acknowledged. Who has lost the connection begins the batch again: ids are what it relies on.
An agent of docs/agent-protocol.md, with no client library but a socket."""
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
passes, stop_at, attempts = {}, None, {}


def record(type, **fields):
    os.write(events, json.dumps({"type": type, "time": time.monotonic_ns(), **fields}).encode() + b"\n")


def point(window):
    record("point", window=window)
    passes[window] = passes.get(window, 0) + 1
    if stop_at == {"window": window, "occurrence": passes[window]}:
        os.kill(os.getpid(), signal.SIGSTOP)
        record("point", window=window[:2] + "went_on")


class Server:
    """One connection. Whatever goes wrong is an OSError, and the connection is not used again."""

    def __init__(self):
        host, port = me["address"].rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), me["request_timeout_ms"] / 1000)
        self.lines = self.socket.makefile("rb")
        self.line()
        login = {"verbose": False, "headers": True, "no_responders": True, "auth_token": os.environ["ASSAY_SECRET"]}
        self.socket.sendall(f"CONNECT {json.dumps(login)}\r\nSUB acks.{id(me)}.{os.getpid()} 1\r\nPING\r\n".encode())
        while self.line() != b"PONG":
            pass

    def line(self):
        line = self.lines.readline()
        if not line:
            raise OSError("the server closed the connection")
        if line.startswith(b"-ERR"):
            raise OSError(line.decode().strip())
        return line.strip()

    def publish(self, message, payload):
        headers = f"NATS/1.0\r\nNats-Msg-Id: {message}\r\n\r\n".encode()
        body = payload.encode()
        head = f"HPUB {me['channel']} acks.{id(me)}.{os.getpid()} {len(headers)} {len(headers) + len(body)}\r\n"
        self.socket.sendall(head.encode() + headers + body + b"\r\n")
        while not (words := self.line().split())[0].endswith(b"MSG"):
            if words[0] == b"PING":
                self.socket.sendall(b"PONG\r\n")
        answer = self.lines.read(int(words[-1]) + 2)
        if b'"seq"' not in answer or b'"error"' in answer:
            raise OSError(answer.decode().strip())


server = None


def send(message, key, body):
    """One attempt; False when it has no answer, and the connection is gone."""
    global server
    attempts[message] = attempts.get(message, me["incarnation"] * 1000) + 1
    about = {"message": message, "attempt": attempts[message]}
    record("send", phase="invoke", **about)
    try:
        server = server or Server()
        server.publish(message, f"assay/1 {me['run']} {message} {attempts[message]} {key or '-'}\n{body}")
        record("send", phase="ok", **about)
        return True
    except OSError as error:
        server = None
        record("send", phase="indeterminate", error=str(error), **about)
        time.sleep(0.01)
        return False


def send_batch(batch):
    for row in batch:
        point("P.before_send")
        if not send(row["message"], row["key"], row["body"]):
            return False
    return True


control.send_json({"type": "ready"})
stop_at = control.recv_json().get("stop_at")
rows = [json.loads(line) for line in open(me["messages"])]
done = int(open(cursor).read()) if os.path.exists(cursor) else 0
while done < len(rows):
    while not send_batch(rows[done:done + 10]):
        pass
    point("P.acked_before_cursor")
    done = min(done + 10, len(rows))
    with open(cursor + ".new", "w") as file:
        file.write(str(done))
    os.rename(cursor + ".new", cursor)
    point("P.cursor_saved")
control.send_json({"type": "done"})
while (command := control.recv_json())["type"] != "bye":
    while not send(command["message"], command["key"], command["body"]):
        pass
