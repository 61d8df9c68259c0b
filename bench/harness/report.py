"""How the figures are shown."""

import json
import statistics


# Why a target is missed, where that is known; shown only when it is.
WHY = {
    "service_gap_exit_code": (
        "systemd waits longer than RestartSec says: its timers are exact to 250 ms. The same unit, killed with SIGKILL and "
        "restarted by systemd alone, is the arm `restart after SIGKILL`."),
    "update_vs_script": (
        "One digest takes {digest} ms here, and script and update compute one. The applying side computes another, through "
        "the handle that is installed, because it trusts nobody ({second digest} ms). Signed metadata is fetched, "
        "verified and flushed ({plan of signed metadata} ms), and the candidate proves that it starts "
        "({self-test and backup} ms). The first digest runs beside the download on a thread of its own, but where two "
        "cores are busy with the server's and the client's side of it, it costs time all the same "
        "({download with digest} ms; curl alone {curl} ms). None of these is given up for speed."),
    "update_vs_limit": (
        "The limit checks nothing. An update computes two digests of {digest} ms, which are more than the whole margin."),
    "downtime_vs_bare": (
        "Between stop and start the set is proven and exchanged, and each state is flushed to the journal first: "
        "{downtime} ms without a ready agent instead of {bare_restart} ms."),
    "rss_vs_floor": (
        "Beyond the floor are the pages of the program itself, of libstdc++ that it uses more of, of toml++ and fmt, "
        "and blocks for the digest's thread."),
    "agent_rss_vs_floor": (
        "Most of it is there before any update (`agent_idle`): the WebSocket session with cpprestsdk."),
    "watchdog_rss_vs_floor": "It posts alerts with cpprestsdk, and has its pages in memory before any update.",
}


many = 40  # more runs than that are shown as a percentile


def percentile(runs, part):
    ordered = sorted(runs)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Medians(dict):
    def __missing__(self, name):
        return "?"


def why(figure, measured):
    medians = Medians({name: f"{statistics.median(runs):.0f}" for name, runs in measured.arms.items() if runs})
    return WHY.get(figure.name, "").format_map(medians)


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
        each = " ".join(map(show, runs)) if len(runs) <= many else f"{len(runs)} runs, p99 {show(percentile(runs, 0.99))}"
        yield (name, show(statistics.median(runs)), show(min(runs)), show(max(runs)), each)


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


def write_service_docs(path, measured, where, updates):
    lines = ["# Numbers of service mode", "",
             "Written by `bench/run --only service --write-docs`; do not edit. A real systemd 252 as process 1 of namespaces,",
             f"{updates} updates by each route, there and back again, each followed by `systemctl restart` of the same unit.",
             "A gap is systemd's own: from the moment that the agent's unit ceases to be active until it is active again,",
             "which for Type=notify is when the agent says that it is ready. The guard before each start is part of all arms.",
             ""]
    lines += table(["figure", "ratio", "target", "", "what"], figure_rows(measured))
    missed = [f for f in measured.figures if not f.holds]
    if missed:
        lines += ["", "## Missed targets", ""]
        lines += [f"- `{f.name}` is {f.ratio:.3f}, wanted ≤ {f.target}. {why(f, measured)}" for f in missed]
    lines += ["", "## All runs", "", "In ms. Roll-backs are from the last sign of life of the old version until it is ready",
              "again, by the watchdog route, over the three starts that a new version has; `ready_timeout` is 2 s there.", ""]
    lines += table(["arm", "p50", "least", "most", "runs"], arm_rows(measured))
    lines += ["", "## What must not grow", ""]
    for route, counts in measured.leaks.items():
        for when, what in counts.items():
            lines.append(f"- {route}, {when} updates: " + ", ".join(f"{n} {v}" for n, v in what.items()))
    lines += ["", "## Conditions", ""] + [f"- {name}: {where[name]}" for name in ("machine", "scheduling", "load", "disk")]
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")


def write_docs(path, measured, where, runs):
    lines = ["# Numbers", "",
             "Written by `bench/run --write-docs`; do not edit. A figure is the median of one arm divided by the median",
             f"of the other, from one run of {runs} interleaved rounds in which each arm comes first in turn. Service mode has",
             "[numbers of its own](numbers-service.md), and so have [Windows](numbers-windows.md), the [simulator](simulation.md),",
             "[signed releases](trust.md) and [crashes](crash-sweep.md).", ""]
    lines += table(["figure", "ratio", "target", "", "what"], figure_rows(measured))
    lines += ["", "Times are of an update that the agent downloads and the watchdog applies. `rss_slope` and `rss_vs_floor`",
              "are of another process, `updatectl apply`, which does nothing but update; the same figures of the agent",
              "and of the watchdog stand beside them. What an update adds to the agent is the arm `agent` less",
              "`agent_idle`."]
    lines += ["", "## Conditions", ""] + [f"- {name}: {value}" for name, value in where.items()]
    missed = [f for f in measured.figures if not f.holds]
    if missed:
        lines += ["", "## Missed targets", ""]
        lines += [f"- `{f.name}` is {f.ratio:.3f}, wanted ≤ {f.target}. {why(f, measured)}" for f in missed]
    lines += ["", "## All runs", "", "Times in ms, memory in KiB, sizes in bytes.", ""]
    lines += table(["arm", "median", "least", "most", "runs"], arm_rows(measured))
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
