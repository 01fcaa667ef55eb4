"""The pages that are looked at: of real runs, of a history full of hostile ids, of a report full of hostile text."""

import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]

MARKUP = "".join([
    "</script><script>pwned=1</script>",
    "\"'><script>pwned=1</script>",
    "</style></title><img src=x onerror=pwned=1>",
    "'\" onmouseover=pwned=1 onfocus=pwned=1 x=",
    "<svg onload=pwned=1><a href=javascript:pwned=1>x</a>",
    "<iframe src=http://127.0.0.1:9/></iframe>",
    "<meta http-equiv=refresh content=0;url=http://127.0.0.1:9/>",
    "]]>--><b class=pwned>x</b>&lt;b&gt;&#60;b&#62;",
])
CONTROLS = ("line\none\r\ntwo\ttab \x1b[2J\x1b[31mred\x1b[0m\x07\x08\x7f "  # of a terminal
            "\u202egnidaer\u202c \u2066isolate\u2069 \u200f\u061c\ufeff "  # of the direction of reading
            "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u65e5\u672c\u8a9e \U0001f600 e" + "\u0301" * 40)
LONG = "x" * 10_000


def assay(program, folder, *arguments):
    """Exit code of `assay ARGUMENTS...` in the folder."""
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "GITHUB_STEP_SUMMARY": ""})
    if done.returncode > 2:
        raise RuntimeError(f"assay {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
    return done.returncode


def hostile_history():
    """One id is lost, one comes twice, one was never sent; processes, sessions and copies are called as badly."""
    badly = {"copy": MARKUP, "session": CONTROLS}
    lines = [
        {"type": "acked", "message": MARKUP, "process": CONTROLS},
        {"type": "acked", "message": CONTROLS, "process": MARKUP},
        {"type": "delivered", "message": CONTROLS, "process": LONG[:2000], **badly},
        {"type": "fault", "kind": "kill", "target": MARKUP},
        {"type": "delivered", "message": CONTROLS, "process": MARKUP, **badly},
        {"type": "attempted", "message": "attempted"},
        {"type": "delivered", "message": LONG, "process": CONTROLS, **badly},
    ]
    return "".join(json.dumps({**line, "time": 1000 * n}, ensure_ascii=False) + "\n" for n, line in enumerate(lines))


def grown(report):
    """What a run of a million events can come to: 8 causes of 200 events, 57 windows, 2,000 faults, 240 slices of time."""
    witness = report["witnesses"][0]
    events = [{**witness["events"][i % len(witness["events"])], "t_ms": i * 1.5} for i in range(200)]
    report["witnesses"] = [{**witness, "events": events, "gaps": [], "cell": f"C.window_{i}"} for i in range(8)]
    report["windows"] = [{**report["windows"][0], "window": f"C.window_{i}"} for i in range(57)]
    report["faults"]["struck"] = [{"trial": i, "at_ns": i * 120_000_000, "healed_ns": None, "landed": True, "violating": i % 9 == 0}
                                  for i in range(2000)]
    series = {name: [(7 * i) % 1000 for i in range(240)] for name in ("acked", "effects", "in_flight", "redelivered", "duplicated")}
    report["series"] = {"dt_ns": 1_000_000_000, **series}
    return report


def make_pages(program, folder):
    """Pages by name; their reports lie beside them."""
    folder = pathlib.Path(folder)
    run = ["run", "embedded/at-least-once", "--seed", "1"]
    (folder / "<b class=pwned>'.jsonl").write_text(hostile_history())
    wanted = {
        "violated": (1, [*run, "--claim", "exactly-once", "--faults", "directed"]),
        "upheld": (0, run),
        "inconclusive": (2, [*run, "--faults", "none"]),
        "one-trial": (1, ["run", "embedded/at-least-once", "--claim", "exactly-once @ delivered", "--only",
                          "kill:consumer-0@consumer-0:C.effect_before_ack#1"]),
        "hostile": (1, ["check", "<b class=pwned>'.jsonl", "--complete", "--claim", "exactly-once"]),
    }
    for name, (expected, arguments) in wanted.items():
        code = assay(program, folder, *arguments, "--report", name + ".json", "--html", name + ".html")
        if code != expected:
            raise RuntimeError(f"assay {' '.join(arguments)}: exit code {code}, expected {expected}")
    stored = SOURCE / "tests/golden"
    for name in ("hostile", "several"):
        assay(program, folder, "explain", str(stored / ("older-" + name) / "report.json"), "--html", "stored-" + name + ".html")
    (folder / "grown.json").write_text(json.dumps(grown(json.loads((folder / "violated.json").read_text()))))
    assay(program, folder, "explain", "grown.json", "--html", "grown.html")
    os.mkdir(folder / "reports")
    for name in ("violated", "upheld", "inconclusive"):
        os.link(folder / (name + ".json"), folder / "reports" / (name + ".json"))
    assay(program, folder, "explain", "reports", "--html", "folder.html")
    return {file.stem: file for file in sorted(folder.glob("*.html"))}
