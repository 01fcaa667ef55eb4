#!/usr/bin/env python3
"""Takes orders from one Redis stream and puts confirmations into another, each in one step with its acknowledgement."""
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

# Redis runs a script as a whole or not at all. Whoever acknowledges first appends; whoever comes late changes nothing.
finish = server.register_script("""
    if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 1 then redis.call('XADD', KEYS[2], '*', 'b', ARGV[3]) end
""")


def confirmation(order):
    time.sleep(0.003)  # the price is looked up
    return json.dumps({"order": order["order"], "confirmed": order["text"].upper()})


after = "0"  # first what this name still holds, then what is new
while True:
    try:
        found = server.xreadgroup(group, name, {source: after}, count=5, block=20)
        entries = found[0][1] if found else []
        for entry, fields in entries:
            finish([source, target], [group, entry, confirmation(json.loads(fields[b"b"]))])
        if not entries:
            after = ">" if after == "0" else "0"
    except redis.exceptions.ConnectionError:
        time.sleep(0.05)
