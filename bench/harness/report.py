"""How the figures are shown."""

import json
import statistics


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
        shown = [f"{r:.1f}" if isinstance(r, float) else str(r) for r in runs]
        yield (name, f"{statistics.median(runs):.1f}", f"{min(runs):.1f}", f"{max(runs):.1f}", " ".join(shown))


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
    lines += ["", "## Conditions", ""] + [f"- {name}: {value}" for name, value in where.items()]
    lines += [f"- {note}" for note in measured.notes]
    lines += ["", "## All runs", "", "Times in ms, memory in KiB, sizes in bytes.", ""]
    lines += table(["arm", "median", "least", "most", "runs"], arm_rows(measured))
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
