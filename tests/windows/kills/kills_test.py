#!/usr/bin/env python3
"""Killed in the middle of an update over the watchdog's service, then started again: it ends, with a whole agent.

For each state the update is begun, and when the history shows that state, the agent or the watchdog is killed, or the
whole Windows session is ended, which is as near to a power cut as Wine comes. What is down is started again, as the
system does at boot or recovery does (Wine has none). Then the update has to end as committed or rolled back, and as
rolled back where the new version crashes; the agent that lies in its place, runs, and calls itself by its version has
to be the one of that outcome.

An agent without a watchdog exchanges its own program, whose name is empty for a moment. It is killed there, and the
session is ended: nobody but Windows, which begins again, and its service manager act then.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from endpoint import ENDS, Endpoint, command_line, digest  # noqa: E402
from session import Session, check, eventually, kill, windows_path  # noqa: E402

options = command_line()
wine = Session(options.source, os.environ.get("LIBUPDATE_WINE_PREFIX", options.build / "wine" / "kills"))
versions = options.build / "versions"

# Each state once at least, and the swap and the trial by each death that counts there.
cases = [("agent", "preflighting"), ("watchdog", "downloading"), ("watchdog", "staging"), ("session", "staging"),
         ("watchdog", "self-testing"), ("session", "backing-up"), ("watchdog", "handing-over"), ("session", "verifying"),
         ("session", "stopping"), ("agent", "swapping"), ("watchdog", "swapping"), ("session", "swapping"),
         ("watchdog", "starting"), ("agent", "awaiting-ready"), ("watchdog", "awaiting-ready"),
         ("session", "awaiting-ready")]
back = [("watchdog", "stopping-trial"), ("watchdog", "restoring"), ("session", "restoring"), ("watchdog", "restarting-old"),
        ("agent", "watching-old"), ("session", "watching-old")]
if options.every:
    deaths = ("agent", "watchdog", "session")
    cases = [(who, state) for state in ("preflighting", "downloading", "staging", "self-testing", "backing-up", "handing-over",
                                        "verifying", "stopping", "swapping", "starting", "awaiting-ready") for who in deaths]
    back = [(who, state) for state in ("stopping-trial", "restoring", "restarting-old", "watching-old") for who in deaths]


class Product(Endpoint):
    def __init__(self, name):
        super().__init__(wine, options.build, name)
        shutil.copy(versions / "agent-1.0.exe", self.programs / "agent.exe")
        shutil.copy(versions / "watchdog-1.0.exe", self.programs / "watchdog.exe")
        (self.folder / "agent.key").write_text("secret of a test\n")
        (self.folder / "update.toml").write_text(
            f"product = '{name}'\ninstall_root = '{self.windows_folder}\\programs'\n"
            f"state_dir = '{self.windows_folder}\\state'\nkey_file = '{self.windows_folder}\\agent.key'\n"
            "watchdog_path = 'watchdog.exe'\nagent_id = 'probe'\nserver_url = 'wss://localhost:1/agent'\n"
            "[trust]\nmode = 'unsigned'\n[service]\nmanager = 'scm'\n"
            "[trial]\ncommit_on = 'ready'\nready_timeout = '30s'\n"
            f"[[programs]]\nname = 'agent'\npath = 'agent.exe'\narguments = ['--config', '{self.config}']\n")
        self.control("service", "install")
        wine.is_up(name)
        wine.is_up(f"{name}-watchdog")

    def begin_update(self, version):
        good = version == "1.1"
        program = windows_path(versions / ("agent-1.1.exe" if good else "agent-1.2-crashes.exe"))
        artifact = f"agent:agent.exe={program}{',self-test' if good else ''}"
        return wine.begin_program(windows_path(options.build / "bin" / "updatectl.exe"), "apply", "--from", "1.0.0",
                                  "--version", f"{version}.0", "--artifact", artifact, "--config", self.config)


def ends_with_a_whole_agent(product):
    # Who has no outcome yet is asked for its service: that takes a moment, and changes nothing.
    ending = eventually(lambda: product.outcome() or (wine.phase(product.name) and None),
                        "the update has an outcome", 180)["ending"]
    check(ending in ("committed", "rolled-back", "abandoned"), f"it ended as {ending}")
    version = "1.1" if ending == "committed" else "1.0"
    product.runs_whole(versions / f"agent-{version}.exe", f"{version}.0")
    wine.is_up(f"{product.name}-watchdog")
    product.has_nothing_left()
    return f"{ending}, agent {version}.0 runs"


def killed(who, state, number, version):
    product = Product(f"kills{number}")
    update = product.begin_update(version)
    product.reaches(state)
    if who == "session":
        wine.end()
    else:
        for pid in wine.processes_of(f"{product.windows_folder}\\programs\\{who}.exe"):
            kill(pid)
    seen = product.states()[-1]
    check(seen not in ENDS, f"killed too late, the update had {seen}")
    if who == "session":
        wine.begin()
        product.start(f"{product.name}-watchdog")
        product.start(product.name)
    elif who == "watchdog":
        product.start_watchdog_again()
    try:
        result = ends_with_a_whole_agent(product)
        check(version == "1.1" or result.startswith("rolled-back"), f"a version that crashes: {result}")
    except AssertionError as trouble:
        raise AssertionError(f"{trouble}; killed in {seen}, and then\n{product.story(seen)}") from trouble
    update.wait(timeout=120)
    product.control("service", "remove", "--purge")
    return f"killed in {seen}: {result}"


def killed_while_the_name_is_empty():
    test = windows_path(options.build / "tests" / "exit_code_route_test.exe")
    output = wine.run(test, "--no-skip", "--test-case=*left so", timeout=120)[1]
    left = re.search(r"left: (\S+) in C:(.*)", output)
    check(left, f"the agent was not killed there: {output}")
    name, folder = left.group(1), wine.drive / left.group(2).strip().replace("\\", "/").lstrip("/")
    agent = folder / "with space" / "agent.exe"
    check(not agent.exists(), "it was killed while a program had its name")
    wine.end()
    wine.begin()
    check(agent.exists(), "Windows has not put the old program back at its start")
    outcome = folder / "state" / "outcomes" / "one.json"
    # It starts with Windows, exchanges its program again, and ends as a failed service; what recovery does then, which Wine
    # does not have, is done here.
    eventually(lambda: outcome.exists() or (wine.phase(name) == "STOPPED" and wine.run("sc.exe", "start", name) and None),
               "the update has an outcome", 180)
    ending = json.loads(outcome.read_text())["ending"]
    check(digest(agent) == digest(options.build / "tests" / "offering_agent_1.1.exe"), "it is not the new version")
    return f"{ending}, agent 1.1.0 runs"


def judged(name, test):
    if options.only and options.only not in name:
        return True
    begun = time.monotonic()
    try:
        print(f"passed: {name}: {test()} ({time.monotonic() - begun:.0f} s)", flush=True)
        return True
    except (AssertionError, subprocess.TimeoutExpired) as trouble:
        print(f"FAILED: {name}: {trouble}", flush=True)
        return False


def main():
    wine.begin()
    failed = 0
    try:
        plan = [(*case, "1.1") for case in cases] + [(*case, "1.2") for case in back]
        for number, (who, state, version) in enumerate(plan):
            failed += not judged(f"{who} killed in {state}", lambda case=(who, state, number, version): killed(*case))
        failed += not judged("agent killed while its name is empty, and Windows started again",
                             killed_while_the_name_is_empty)
    finally:
        wine.forget()
    print(f"{failed} failed")
    return 1 if failed else 0


sys.exit(main())
