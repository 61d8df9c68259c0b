"""An endpoint in a Windows session: its folder, its services, and what it tells of its updates."""
import argparse
import hashlib
import json
import os
import pathlib
import re
import select
import subprocess

from session import check, eventually, windows_path

ENDS = ("committed", "rolled-back", "abandoned", "needs-repair")


def command_line():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--only", help="the cases with this word")
    parser.add_argument("--every", action="store_true", help="each death in every state, by each route that is played")
    return parser.parse_args()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Endpoint:
    def __init__(self, wine, build, name):
        self.wine, self.build, self.name = wine, build, name
        self.folder, self.windows_folder = wine.drive / name, f"C:\\{name}"
        self.config = self.windows_folder + "\\update.toml"
        self.history = self.folder / "state" / "history.jsonl"
        self.programs = self.folder / "programs"
        self.programs.mkdir(parents=True)

    def control(self, *words):
        code, output = self.wine.run(windows_path(self.build / "bin" / "updatectl.exe"), *words, "--config", self.config)
        check(code == 0, f"updatectl {' '.join(words)} ended with {code}: {output}")

    def states(self):
        lines = self.history.read_text(errors="replace").splitlines() if self.history.exists() else []
        return [json.loads(line)["state"] for line in lines if line.endswith("}")]

    def story(self, state):
        """From that state on, line by line."""
        lines = self.history.read_text(errors="replace").splitlines() if self.history.exists() else []
        begin = max((n for n, line in enumerate(lines) if f'"state":"{state}"' in line), default=0)
        return "\n".join(f"  {line}" for line in lines[begin:])

    def reaches(self, state):
        # Follows the history: each line of it is news.
        with subprocess.Popen(["tail", "-n", "+1", "-s", "0.01", "-F", self.history], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as follower:
            def news(seconds):
                if select.select([follower.stdout], [], [], seconds)[0]:
                    os.read(follower.stdout.fileno(), 65536)
            try:
                eventually(lambda: state in self.states(), f"the update reaches {state}", news=news)
            finally:
                follower.kill()

    def start(self, service):
        self.wine.run("sc.exe", "start", service)  # it may have started by itself, at the begin of the session

    def start_watchdog_again(self):
        # Wine's service manager notices the end of a killed process at a stop only, and does not always start another one
        # at once.
        service, image = f"{self.name}-watchdog", f"{self.windows_folder}\\programs\\watchdog.exe"
        self.wine.run("sc.exe", "stop", service)
        eventually(lambda: self.wine.run("sc.exe", "start", service) and self.wine.phase(service) == "RUNNING" and
                   self.wine.processes_of(image), f"{service} runs again")

    def outcome(self):
        for file in (self.folder / "state" / "outcomes").glob("*.json"):
            return json.loads(file.read_text())
        return None

    def version_in_registry(self):
        found = re.search(r"Version\s+REG_SZ\s+(\S+)", self.wine.run("reg.exe", "query", rf"HKLM\SOFTWARE\{self.name}")[1])
        return found.group(1) if found else None

    def runs_whole(self, agent, version):
        """The agent that lies there is this file, runs, and calls itself by that version."""
        check(digest(self.programs / "agent.exe") == digest(agent), f"agent.exe is not version {version}")
        self.wine.is_up(self.name)
        eventually(lambda: self.version_in_registry() == version, f"the agent calls itself {version}")

    def has_nothing_left(self):
        left = [path.name for path in self.programs.glob(".update-*")]
        check(not left, f"left behind: {left}")
        # What a helper or a stand-in still ran from goes once nobody does.
        eventually(lambda: self.wine.phase(self.name) and not list(self.programs.glob("*.old*")),
                   "nothing that stepped aside is left")
