"""How the figures are shown."""

import json
import statistics


# Why a target is missed, where that is known; shown only when it is.
WHY = {
    "update_vs_script": (
        "On two cores the download keeps both of them busy: the server encrypts (some 60 ms of one core for 64 MiB), the "
        "client receives, decrypts and writes (some 75 ms), and the digest takes 39 ms beside them; curl computes no "
        "digest. The applying side hashes the staged file again (some 45 ms) because it trusts nobody, the candidate is "
        "started once for its self-test (some 10 ms), and each state is journaled before its effect (some 0.5 ms each). "
        "None of these is given up for speed. (These parts were profiled apart from this run.)"),
    "update_vs_limit": (
        "The limit computes no digest; an update computes two, of 39 ms at least: while receiving, and again through the "
        "handle that is installed. With the self-test and the flushed journal they are more than the whole margin, and "
        "with two cores that are busy with the download the first does not hide behind it."),
    "agent_rss_vs_floor": (
        "Most of it is there before any update (`agent_idle`): the WebSocket session with cpprestsdk."),
    "watchdog_rss_vs_floor": "It posts alerts with cpprestsdk, and has its pages in memory before any update.",
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
    lines += ["", "Times are of an update that the agent downloads and the watchdog applies. `rss_slope` and `rss_vs_floor`",
              "are of another process, `updatectl apply`, which does nothing but update; the same figures of the agent",
              "and of the watchdog stand beside them. What an update adds to the agent is the arm `agent` less",
              "`agent_idle`."]
    lines += ["", "## Conditions", ""] + [f"- {name}: {value}" for name, value in where.items()]
    missed = [f for f in measured.figures if not f.holds]
    if missed:
        lines += ["", "## Missed targets", ""]
        lines += [f"- `{f.name}` is {f.ratio:.3f}, wanted ≤ {f.target}. {WHY.get(f.name, '')}" for f in missed]
    lines += ["", "## All runs", "", "Times in ms, memory in KiB, sizes in bytes.", ""]
    lines += table(["arm", "median", "least", "most", "runs"], arm_rows(measured))
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
