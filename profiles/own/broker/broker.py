#!/usr/bin/env python3
"""A small durable queue: a line of JSON asks, a line of JSON answers.

    {"do": "put", "queue": Q, "body": B}  ->  {"id": ID}
    {"do": "get", "queue": Q}             ->  {"id": ID, "body": B}, or {} when nothing waits
    {"do": "ack", "id": ID}               ->  {"ok": true}, or false when this connection does not hold it

What was got belongs to its connection until that ends. All that is put and acknowledged stands in a log
before it is answered; with --answer-first a twentieth of a second later.
"""
import argparse
import asyncio
import collections
import json
import os
import uuid

WRITTEN_LATE_S = 0.05


class Log:
    def __init__(self, file):
        self.descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)

    def entries(self):
        with open(self.descriptor, "rb", closefd=False) as file:
            whole = file.read()
        end = whole.rfind(b"\n") + 1
        os.ftruncate(self.descriptor, end)  # a line that a kill has cut
        return [json.loads(line) for line in whole[:end].splitlines()]

    def write(self, entries):
        os.write(self.descriptor, b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        os.fsync(self.descriptor)


class Broker:
    def __init__(self, log, answer_first):
        self.log, self.answer_first, self.unwritten = log, answer_first, []
        self.waiting = collections.defaultdict(dict)  # queue -> id -> body, the oldest first
        for entry in log.entries():
            if entry["do"] == "put":
                self.waiting[entry["queue"]][entry["id"]] = entry["body"]
            else:
                self.waiting[entry["queue"]].pop(entry["id"])

    def note(self, entry):
        if not self.answer_first:
            return self.log.write([entry])
        if not self.unwritten:
            asyncio.get_running_loop().call_later(WRITTEN_LATE_S, self.write_late)
        self.unwritten.append(entry)

    def write_late(self):
        self.log.write(self.unwritten)
        self.unwritten = []

    def answer(self, asked, held):
        if asked["do"] == "put":
            entry = {"do": "put", "queue": asked["queue"], "id": uuid.uuid4().hex, "body": asked["body"]}
            self.note(entry)
            self.waiting[asked["queue"]][entry["id"]] = asked["body"]
            return {"id": entry["id"]}
        if asked["do"] == "get":
            waiting = self.waiting[asked["queue"]]
            if not waiting:
                return {}
            id = next(iter(waiting))
            held[id] = (asked["queue"], waiting.pop(id))
            return {"id": id, "body": held[id][1]}
        if asked["id"] not in held:
            return {"ok": False}
        self.note({"do": "ack", "queue": held[asked["id"]][0], "id": asked["id"]})
        held.pop(asked["id"])
        return {"ok": True}

    async def serve(self, reader, writer):
        held = {}  # id -> queue, body
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self.answer(json.loads(line), held)).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            for id, (queue, body) in held.items():
                self.waiting[queue][id] = body
            writer.close()


async def main():
    words = argparse.ArgumentParser(description="A small durable queue.")
    words.add_argument("--port", type=int, required=True)
    words.add_argument("--dir", required=True)
    words.add_argument("--answer-first", action="store_true")
    chosen = words.parse_args()
    broker = Broker(Log(os.path.join(chosen.dir, "log")), chosen.answer_first)
    server = await asyncio.start_server(broker.serve, "127.0.0.1", chosen.port, limit=1 << 24)
    print(f"listening on port {chosen.port}", flush=True)
    await server.serve_forever()


asyncio.run(main())
