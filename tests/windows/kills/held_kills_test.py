#!/usr/bin/env python3
"""Killed at the very begin of a state of an update, however short it is, then started again: it ends as it would have.

The whole Windows session stands still when the journal has the state and nothing of it has happened (tests/windows/hold.py).
Then the agent, the watchdog, the helper or the guardian is killed, or all of them at once with the session. What is down is
started again, as the system does at boot or recovery does (Wine has none). Then the good version has to be committed, a bad
one rolled back, one that fails its self-test abandoned, and where the old version's backup is lost the endpoint needs repair;
the agent of that outcome lies there, runs and calls itself so, and nothing is left over.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from endpoint import command_line  # noqa: E402
from hold import Hold, why_not  # noqa: E402
from offered import Offered, Releases  # noqa: E402
from session import Session, check, eventually  # noqa: E402

options = command_line()
wine = Session(options.source, os.environ.get("LIBUPDATE_WINE_PREFIX", options.build / "wine" / "held"))

# Of a version: who dies, in which state, by which route.
GOOD, DIES, UNFIT, LOST = "1.1.0", "1.2.0", "1.3.0", "1.1.0 with its way back lost"
SET = "1.1.0 with a new watchdog"
ENDING = {GOOD: "committed", SET: "committed", DIES: "rolled-back", UNFIT: "abandoned", LOST: "needs-repair"}
few = [("self-update", "session", "awaiting-ack", GOOD), ("watchdog", "session", "cleaning-up", GOOD),
       ("watchdog", "watchdog", "renewing-watchdog", SET), ("watchdog", "agent", "discarding", UNFIT),
       ("watchdog", "watchdog", "salvaging", LOST), ("self-update", "helper", "swapping", GOOD),
       ("self-update", "session", "restoring", DIES), ("self-update", "helper", "cleaning-up", GOOD)]
every = []
for state in ("preflighting", "downloading", "staging", "self-testing", "backing-up", "handing-over"):
    every += [("watchdog", who, state, GOOD) for who in ("agent", "watchdog", "session")]
for state in ("verifying", "stopping", "awaiting-ready", "awaiting-ack", "renewing-watchdog", "cleaning-up"):
    every += [("watchdog", who, state, GOOD) for who in ("agent", "watchdog", "session")]
    every += [("self-update", who, state, GOOD) for who in ("agent", "helper", "session")]
for state in ("swapping", "starting"):  # no agent runs
    every += [("watchdog", who, state, GOOD) for who in ("watchdog", "session")]
    every += [("self-update", who, state, GOOD) for who in ("helper", "session")]
for state in ("stopping-trial", "restoring", "restarting-old", "watching-old"):
    agent = ["agent"] if state == "watching-old" else []
    every += [("watchdog", who, state, DIES) for who in ("watchdog", "session", *agent)]
    every += [("self-update", who, state, DIES) for who in ("helper", "session", *agent)]
# Whoever supervises the agent follows a helper that died, and starts what it had stopped.
every += [("self-update beside a watchdog", "helper", state, version)
          for version, states in ((GOOD, ("verifying", "stopping", "swapping", "starting", "awaiting-ready", "cleaning-up")),
                                  (DIES, ("stopping-trial", "restoring", "restarting-old", "watching-old")))
          for state in states]
for state in ("self-swapping", "exiting", "awaiting-ready", "awaiting-ack", "renewing-watchdog", "cleaning-up"):
    every += [("exit-code", who, state, GOOD) for who in ("agent", "session")]
every += [("exit-code", who, state, DIES) for state in ("restoring", "restarting-old") for who in ("guard", "session")]
every += [("exit-code", who, "watching-old", DIES) for who in ("agent", "session")]
every += [("watchdog", who, "discarding", UNFIT) for who in ("agent", "watchdog", "session")]
every += [("self-update", who, "discarding", UNFIT) for who in ("agent", "session")]
every += [("watchdog", who, "salvaging", LOST) for who in ("watchdog", "session")]
every += [("self-update", who, "salvaging", LOST) for who in ("helper", "session")]
every += [("watchdog", who, state, SET) for state in ("renewing-watchdog", "cleaning-up")
          for who in ("agent", "watchdog", "session")]
every += [("watchdog", "guardian", "renewing-watchdog", SET), ("watchdog", "new watchdog", "renewing-watchdog", SET)]


class Killer:
    """Acts once: at the first open of a file in the state folder at which the journal has the state and the victim runs."""

    def __init__(self, product, who, state, version):
        self.product, self.who, self.state = product, who, state
        self.thief = version == LOST
        self.slots, self.killed = {}, threading.Event()

    def journaled(self):
        newest = (0, None)
        for slot in self.slots.values():
            text = os.pread(slot, 4096, 0)
            if len(text) == 4096 and text.startswith(b"UPDJ1 "):
                record = json.loads(text[text.index(b"\n"):])
                newest = max(newest, (int(text.split()[1]), "" if record.get("filed") else record["state"]))
        return newest[1]

    def look(self, file):
        name = os.path.basename(os.readlink(f"/proc/self/fd/{file}"))
        if name in ("journal.a", "journal.b") and name not in self.slots:
            self.slots[name] = os.dup(file)
        if self.killed.is_set():
            return
        now = self.journaled()
        if self.thief and now == "awaiting-ready":
            for backup in self.product.programs.glob(".update-*/0.old"):
                backup.unlink()
            self.thief = False
        if now == self.state and self.product.kill(self.who):
            self.killed.set()

    def close(self):
        for slot in self.slots.values():
            os.close(slot)


def plays(releases, route, who, state, version):
    # Longer than the period in which an agent repeats what it has said: the first time may have died with its listener.
    product = Offered(wine, releases, route, version.split()[0], version == SET, "3s" if version == LOST else "30s")
    killer = Killer(product, who, state, version)
    try:
        with Hold(product.folder / "state", killer.look):
            if version == LOST:
                product.server_says("nothing")  # until that is held against the new version
            product.begin_update()
            acknowledged = state in ("renewing-watchdog", "cleaning-up")
            if route == "exit-code":
                eventually(lambda: killer.killed.is_set() or acknowledged and "awaiting-ack" in product.states() or
                           product.recovers(), f"the update reaches {state}")
            elif acknowledged:
                product.reaches("awaiting-ack")
            if acknowledged:
                product.server_says("one")
            check(killer.killed.wait(120), f"nobody was killed in {state}")
        if who == "session":
            wine.end()
            wine.begin()
            if product.has_watchdog:
                product.start(f"{product.name}-watchdog")
            product.start(product.name)
        elif who == "watchdog":
            product.start_watchdog_again()
        if version != LOST:
            product.server_says("one")
        ending = product.ends()
        # A new watchdog has one start (docs/fault-model.md).
        check(ending == ("rolled-back" if who == "new watchdog" else ENDING[version]), f"it ended as {ending}")
        result = product.is_whole(ending, version == SET)
    except AssertionError as trouble:
        raise AssertionError(f"{trouble}; the update:\n{product.story('preflighting')}") from trouble
    finally:
        killer.close()
    product.control("service", "remove", "--purge")
    shutil.rmtree(product.folder)
    return result


def judged(name, test):
    begun = time.monotonic()
    try:
        print(f"passed: {name}: {test()} ({time.monotonic() - begun:.0f} s)", flush=True)
        return True
    except (AssertionError, subprocess.TimeoutExpired) as trouble:
        print(f"FAILED: {name}: {trouble}", flush=True)
        wine.forget()
        wine.begin()
        return False


def main():
    if why := why_not(options.build):
        print(f"SKIPPED: {why}")
        return 0
    wine.begin()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="update-held.") as folder:
        releases = None
        try:
            releases = Releases(wine, options.build, folder)
            for route, who, state, version in every if options.every else few:
                name = f"{who} killed in {state} of {version}, by the route {route}"
                if options.only and options.only not in name:
                    continue
                held = judged(name, lambda case=(route, who, state, version): plays(releases, *case))
                passed, failed = passed + held, failed + (not held)
        finally:
            if releases:
                releases.close()
            wine.forget()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
