"""How the figures are shown."""

import json
import statistics


# Why a target is missed, where that is known; shown only when it is.
WHY = {
    "update_vs_script": (
        "On two cores the download keeps both of them busy: the server encrypts (62 ms of one core for 64 MiB), the "
        "client receives, decrypts and writes (76 ms), and the digest beside them takes 39 ms; curl has no digest, so "
        "it waits for the server only. The applying side hashes the staged file again (44 ms) because it trusts "
        "nobody, the candidate is started once for its self-test (9 ms), and each state is journaled before its effect "
        "(about 0.5 ms each). None of these is given up for speed."),
    "update_vs_limit": (
        "The limit has no digest at all; ours has two of 39 ms each (while receiving, and again through the handle that "
        "is installed), a self-test and a flushed journal. On two cores, all busy with the download, the first digest "
        "cannot hide behind it."),
}


def print_json(measured):
    for f in measured.figures:
        print(json.dumps({"name": f.name, "ratio": round(f.ratio, 4), "runs": [round(r, 4) for r in f.runs],
                          "unit": f.unit, "target": f.target, "holds": f.holds}))


def figure_rows(measured):
    for f in measured.figures:
        yield (f.name, f"{f.ratio:.3f}", "—" if f.target is None else f"≤ {f.target}",
               "" if f.target is None else "holds" if f.holds else "MISSED", f.what)


def arm_rows(measured):
    for name, runs in measured.arms.items():
        show = lambda r: f"{r:.1f}" if isinstance(r, float) else str(r)  # noqa: E731
        yield (name, show(statistics.median(runs)), show(min(runs)), show(max(runs)), " ".join(map(show, runs)))


def text(measured, where):
    lines = ["", "figures (the median of one arm through the median of the other, within this run)"]
    lines += ["  %-26s %8s  %-7s %-7s %s" % row for row in figure_rows(measured)]
    lines += ["", "arms (times in ms, memory in KiB, sizes in bytes): median, least, most, all runs"]
    lines += ["  %-22s %10s %10s %10s   %s" % row for row in arm_rows(measured)]
    lines += ["", "conditions"] + [f"  {name}: {value}" for name, value in where.items()]
    return "\n".join(lines)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def write_docs(path, measured, where, runs):
    lines = ["# Numbers", "",
             "Written by `bench/run --write-docs`; do not edit. A figure is the median of one arm divided by the median",
             f"of the other, from one run of {runs} interleaved rounds in which each arm comes first in turn.", ""]
    lines += table(["figure", "ratio", "target", "", "what"], figure_rows(measured))
    lines += ["", "The process that updates is `updatectl apply` in `rss_slope` and `rss_vs_floor`: it does nothing else.",
              "The agent and the watchdog do other things too (a WebSocket session, alerts), with cpprestsdk; what an",
              "update adds to the agent is the arm `agent` less the arm `agent_idle`."]
    lines += ["", "## Conditions", ""] + [f"- {name}: {value}" for name, value in where.items()]
    missed = [f for f in measured.figures if not f.holds]
    if missed:
        lines += ["", "## Missed targets", ""]
        lines += [f"- `{f.name}` is {f.ratio:.3f}, wanted ≤ {f.target}. {WHY.get(f.name, '')}" for f in missed]
    lines += ["", "## All runs", "", "Times in ms, memory in KiB, sizes in bytes.", ""]
    lines += table(["arm", "median", "least", "most", "runs"], arm_rows(measured))
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
