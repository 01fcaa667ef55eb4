#!/usr/bin/env python3
"""Takes orders from one Redis stream and puts confirmations into another. Who dies between the two steps confirms an order twice."""
import argparse
import json
import os
import time

import redis

arguments = argparse.ArgumentParser(description=__doc__)
for name in ("host", "port", "from", "to", "group", "name"):
    arguments.add_argument("--" + name, required=True)
given = vars(arguments.parse_args())
source, target, group, name = given["from"], given["to"], given["group"], given["name"]
server = redis.Redis(given["host"], int(given["port"]), password=os.environ["REDIS_PASSWORD"])


def confirmation(order):
    time.sleep(0.003)  # the price is looked up
    return json.dumps({"order": order["order"], "confirmed": order["text"].upper()})


after = "0"  # first what this name still holds, then what is new
while True:
    try:
        found = server.xreadgroup(group, name, {source: after}, count=5, block=20)
        entries = found[0][1] if found else []
        for entry, fields in entries:
            server.xadd(target, {"b": confirmation(json.loads(fields[b"b"]))})
            server.xack(source, group, entry)
        if not entries:
            after = ">" if after == "0" else "0"
    except redis.exceptions.ConnectionError:
        time.sleep(0.05)
