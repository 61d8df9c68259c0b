"""Runs the arms in turn and makes the figures."""

import dataclasses
import os
import statistics

from . import memory, service
from .arms import Arms
from .world import Artifact, Server, padded

MIB = 1 << 20


@dataclasses.dataclass
class Figure:
    name: str
    what: str
    ratio: float
    target: float
    runs: list  # the ratio of each round
    unit: str

    @property
    def holds(self):
        return self.target is None or self.ratio <= self.target


@dataclasses.dataclass
class Measured:
    figures: list = dataclasses.field(default_factory=list)
    arms: dict = dataclasses.field(default_factory=dict)  # all runs of each arm, in ms or KiB
    tls: str = "not used"
    leaks: dict = dataclasses.field(default_factory=dict)  # route -> when -> counts


def median_ratio(arms, ours, other):
    return statistics.median(arms[ours]) / statistics.median(arms[other])


# name, our arm, the other arm, target, in words
TIMES = [
    ("update_vs_script", "update", "script", 0.75, "whole update of 64 MiB / curl + openssl dgst + mv + restart script"),
    ("update_vs_careful_script", "update", "careful_script", None, "the same / the script with sync"),
    ("update_vs_limit", "update", "limit", 1.15, "whole update of 64 MiB / curl alone + bare start"),
    ("downtime_vs_bare", "downtime", "bare_restart", 1.2, "downtime of the update / bare stop and start"),
    ("rollback_vs_bare", "rollback", "bare_start", 1.5, "crash of the new version until the old is ready / bare start"),
]


def measure_times(server, build, folder, runs, log, measured):
    versions = os.path.join(build, "versions")
    old, new, bad = (os.path.join(folder, name) for name in ("agent-1.0.0", "agent-1.1.0", "agent-1.2.0"))
    padded(os.path.join(versions, "agent-1.0"), 64 * MIB, old)
    padded(os.path.join(versions, "agent-1.1"), 64 * MIB, new)
    padded(os.path.join(build, "bench/crashing_agent"), 64 * MIB, bad)
    old, new, bad = Artifact(old, "1.0.0"), Artifact(new, "1.1.0"), Artifact(bad, "1.2.0")
    server.publish(new)
    server.publish(bad)
    arms = Arms(server, build, folder, old, new, bad)
    order = [arms.update, arms.script, arms.limit, arms.bare_start, arms.rollback, lambda: arms.script(careful=True),
             arms.digest]
    for warm_up in order[:3]:
        warm_up()
    for run in range(runs):
        for n in range(len(order)):  # each arm comes first in turn
            for name, value in order[(n + run) % len(order)]().items():
                measured.arms.setdefault(name, []).append(value)
        log(f"run {run + 1}: " + ", ".join(f"{n} {v[-1]:.1f}" for n, v in measured.arms.items() if "stripped" not in n))
    for name, ours, other, target, what in TIMES:
        pairs = zip(measured.arms[ours], measured.arms[other])
        measured.figures.append(Figure(name, what, median_ratio(measured.arms, ours, other), target,
                                       [a / b for a, b in pairs], "ratio of ms"))


def measure_memory(server, build, folder, runs, log, measured):
    versions = os.path.join(build, "versions")
    small = os.path.join(folder, "agent-small")
    padded(os.path.join(versions, "agent-1.0"), 0, small)
    old = Artifact(small, "1.0.0")
    sizes = {"1 MiB": MIB, "64 MiB": 64 * MIB, "1 GiB": 1024 * MIB}
    artifacts = {}
    for label, size in sizes.items():
        path = os.path.join(folder, "memory-" + label.replace(" ", ""))
        padded(os.path.join(versions, "agent-1.1"), size, path)
        artifacts[label] = Artifact(path, "1.1.0")
        server.publish(artifacts[label])
    has_updatectl = os.path.exists(os.path.join(build, "bin/updatectl"))
    for run in range(runs):
        for label, artifact in artifacts.items():
            take = lambda name, value: measured.arms.setdefault(f"{name} {label}", []).append(value)  # noqa: E731
            fresh = lambda: os.path.join(folder, f"memory-{run}-{len(os.listdir(folder))}")  # noqa: E731
            take("floor", memory.floor_kib(build, server, artifact))
            liar = Artifact.__new__(Artifact)
            liar.__dict__ = dict(artifact.__dict__, version="1.1.9")
            server.publish(liar)
            kib = memory.agent_kib(build, server, fresh(), old, liar)
            take("agent_idle", kib["idle"])
            take("agent", kib["agent"])
            take("watchdog", memory.watchdog_kib(build, server, fresh(), old, artifact))
            if has_updatectl:
                take("updatectl", memory.updatectl_kib(build, server, fresh(), old, artifact))
        log(f"memory run {run + 1}: " + ", ".join(f"{n} {v[-1]}" for n, v in measured.arms.items() if "iB" in n))
    for who, prefix in (("updatectl", ""), ("agent", "agent_"), ("watchdog", "watchdog_")):
        if f"{who} 1 GiB" not in measured.arms:
            continue
        target = (1.05, 1.3)  # the same for all three: each is a process that takes part in updating
        big, little = (f"{who} {size}" for size in ("1 GiB", "1 MiB"))
        measured.figures.append(Figure(
            prefix + "rss_slope", f"peak memory of {who}: 1 GiB / 1 MiB", median_ratio(measured.arms, big, little),
            target[0], [a / b for a, b in zip(measured.arms[big], measured.arms[little])], "ratio of KiB"))
        measured.figures.append(Figure(
            prefix + "rss_vs_floor", f"peak memory of {who} / of a program with libcurl and OpenSSL only, 64 MiB",
            median_ratio(measured.arms, who + " 64 MiB", "floor 64 MiB"), target[1],
            [a / b for a, b in zip(measured.arms[who + " 64 MiB"], measured.arms["floor 64 MiB"])], "ratio of KiB"))


# route, the other arm, target, in words
GAPS = [
    ("watchdog", "watchdog systemctl restart", 1.2, "restart gap by the watchdog route / `systemctl restart` of the unit"),
    ("self-update", "self-update systemctl restart", None, "the same by a helper"),
]


def measure_service(server, build, folder, rounds, log, measured):
    arms = measured.arms
    for name in ("watchdog", "self-update", "exit-code"):
        measured.leaks[name] = service.route(server, build, os.path.join(folder, "service-" + name), name, rounds, log,
                                             arms)
        log(f"{name}: {measured.leaks[name]}")
    service.roll_backs(server, build, os.path.join(folder, "service-roll-back"), max(3, rounds // 20), log, arms)
    for name, other, target, what in GAPS:
        pairs = zip(arms[name + " gap"], arms[other])
        measured.figures.append(Figure(f"service_gap_{name.replace('-', '_')}", what,
                                       median_ratio(arms, name + " gap", other), target, [a / b for a, b in pairs],
                                       "ratio of ms"))
    delay = 100.0  # RestartSec= of the measured unit
    limit = delay + 1.2 * statistics.median(arms["bare start"])
    gap = statistics.median(arms["exit-code gap"])
    kill = "restart after SIGKILL"
    measured.figures.append(Figure("service_gap_exit_code_vs_kill",
                                   "restart gap by the exit code / systemd's own restart after SIGKILL of the same unit",
                                   median_ratio(arms, "exit-code gap", kill), 1.2,
                                   [a / b for a, b in zip(arms["exit-code gap"], arms[kill])], "ratio of ms"))
    measured.figures.append(Figure("service_gap_exit_code", "restart gap by the exit code / RestartSec + 1.2 bare starts",
                                   gap / limit, 1.0, [g / limit for g in arms["exit-code gap"]], "ratio of ms"))


def measure_size(build, folder, measured):
    for name in ("watchdog", "agent", "updatectl", "control-server"):
        program, stripped = os.path.join(build, "bin", name), os.path.join(folder, name + ".stripped")
        if not os.path.exists(program):
            continue
        padded(program, 0, stripped)
        measured.arms[f"stripped {name}"] = [os.path.getsize(stripped)]
    size = measured.arms["stripped watchdog"][0]
    measured.figures.append(Figure("watchdog_size", "the stripped watchdog", size / MIB, None, [size], "MiB (runs: bytes)"))


def measure(build, folder, parts, runs, memory_runs, updates, log):
    measured = Measured()
    if "size" in parts:
        measure_size(build, folder, measured)
    if {"update", "memory", "service"} & set(parts):
        server = Server(os.path.join(folder, "world"), build)
        try:
            measured.tls = server.tls()
            if "update" in parts:
                measure_times(server, build, os.path.join(folder, "world"), runs, log, measured)
            if "memory" in parts:
                measure_memory(server, build, os.path.join(folder, "world"), memory_runs, log, measured)
            if "service" in parts:
                measure_service(server, build, os.path.join(folder, "world"), updates, log, measured)
        finally:
            server.end()
    return measured
