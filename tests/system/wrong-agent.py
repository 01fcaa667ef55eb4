#!/usr/bin/env python3
"""An agent that gets one thing wrong, by its first argument. Nothing is sent or received for real: that does not come to pass."""
import json
import os
import sys
import time

import zmq

wrong = sys.argv[1]
control = zmq.Context().socket(zmq.DEALER)
control.setsockopt_string(zmq.ROUTING_ID, os.environ["ASSAY_IDENTITY"])
control.connect(os.environ["ASSAY_CONTROL"])

if wrong == "forks-away" and os.fork() > 0:
    os._exit(0)
if wrong == "fails":
    sys.exit("no such option: --consume")
if wrong == "silent":
    time.sleep(600)
if wrong == "another-run":  # an impostor first, by the same name, and then the right one
    control.send_json({"type": "hello", "protocol": 1, "pid": 1, "token": "of another run"})
    answer = control.recv_json()
    assert answer["type"] == "refused", answer
    print("turned away:", answer["line"], flush=True)
if wrong == "no-hello":
    control.send_json({"type": "ready"})
    time.sleep(600)
if wrong == "not-json":
    control.send(b"hello there")
    time.sleep(600)

control.send_json({"type": "hello", "protocol": 2 if wrong == "version" else 1, "pid": os.getpid(), "token": os.environ["ASSAY_TOKEN"]})
me = control.recv_json()
events = os.open(me["events"], os.O_WRONLY | os.O_APPEND)
first = f"{me['trial']}/producer-0/1"


def write(text):
    os.write(events, text.encode())


def record(type, **fields):
    write(json.dumps({"type": type, "time": time.monotonic_ns(), **fields}) + "\n")


if me["role"] == "consumer":
    record("session", phase="open")
if wrong == "before-go":
    record("deliver", message=first, tag="1")
control.send_json({"type": "ready"})
control.recv_json()  # go

if wrong == "floods":
    while True:
        write(json.dumps({"type": "environment", "time": time.monotonic_ns(), "level": "warn", "line": "x" * 50_000}) + "\n")
if wrong == "floods-control":
    while True:
        control.send_json({"type": "progress", "delivered": 1})
if wrong == "reuses-id":
    record("send", phase="invoke", message=first, attempt=1001)
    record("send", phase="ok", message=first, attempt=1001)
    record("send", phase="invoke", message=first, attempt=1001)
if wrong == "not-its-own":
    record("send", phase="invoke", message=f"{me['trial']}/producer-7/1")
if wrong == "acks-unknown":
    record("ack", phase="invoke", message=first)
if wrong == "effect-unknown":
    record("effect", phase="begin", message=first)
if wrong == "wall-clock":
    write(json.dumps({"type": "deliver", "time": time.time_ns(), "message": first, "tag": "1"}) + "\n")
if wrong == "misspelt":
    record("deliver", mesage=first, tag="1")
if wrong == "other-side":
    record("point", window="P.before_send")
if wrong == "not-an-event":
    write("given " + first + "\n")
if wrong == "too-long":
    record("environment", level="warn", line="x" * 70_000)
if wrong == "nested":
    write('{"type": "environment", "line": ' + "[" * 30_000 + "]" * 30_000 + "}\n")
if wrong == "half-a-line":
    write('{"type": "environment", "level": "warn", "line": "and th')
    while control.recv_json()["type"] != "bye":
        pass
    sys.exit(0)
if wrong == "says-done":
    control.send_json({"type": "done"})
if wrong == "gives-up":
    control.send_json({"type": "error", "line": "the queue is not there"})
while control.recv_json()["type"] != "bye":
    pass
