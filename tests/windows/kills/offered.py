"""An endpoint whose agent offers itself signed releases (tests/windows/services/offering_agent.cpp), and their publisher."""
import functools
import http.server
import json
import pathlib
import shutil
import threading

from endpoint import ENDS, Endpoint, digest
from session import check, eventually, kill, windows_path


class Releases:
    """What is published, served on this machine: a good version, one that dies at each start, one that fails its self-test;
    and as a set of its own the good one with a new watchdog."""

    def __init__(self, wine, build, folder):
        self.build, self.folder = build, pathlib.Path(folder)
        (self.folder / "passphrase").write_text("passphrase of a test\n")
        good, dies = build / "tests" / "offering_agent_1.1.exe", build / "tests" / "offering_agent_exits_3.exe"
        watchdog = f"watchdog:watchdog.exe={windows_path(build / 'versions' / 'watchdog-1.1.exe')},self-test"

        def repo(*words):
            code, output = wine.run(windows_path(build / "bin" / "updatectl.exe"), "repo", *words, "--dir",
                                    windows_path(self.folder / "releases"))
            check(code == 0, f"updatectl repo {' '.join(words)} ended with {code}: {output}")
        signed = ("--passphrase-file", windows_path(self.folder / "passphrase"))
        repo("init", *signed)
        for product, version, program, more in (("held", "1.1.0", good, [",self-test"]), ("held", "1.2.0", dies, [""]),
                                                ("held", "1.3.0", dies, [",self-test"]),
                                                ("heldset", "1.1.0", good, [",self-test", watchdog])):
            release = ("--product", product, "--version", version)
            artifacts = [f"agent:agent.exe={windows_path(program)}{more[0]}", *more[1:]]
            repo("add", *release, *(word for artifact in artifacts for word in ("--artifact", artifact)))
            repo("publish", *release, "--channel", "stable", *signed)
        self.public = self.folder / "releases" / "public"
        handler = functools.partial(Quiet, directory=self.public)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Offered(Endpoint):
    """By the watchdog's route, by the helper's, alone or with a watchdog beside it, or by the exit code."""

    def __init__(self, wine, releases, route, version, watchdog_is_new, ack_timeout):
        super().__init__(wine, releases.build, "heldset" if watchdog_is_new else "held")
        self.has_watchdog, self.exits = "watchdog" in route, route == "exit-code"
        self.failures = 0
        shutil.copy(self.build / "tests" / "offering_agent_1.0.exe", self.programs / "agent.exe")
        if self.has_watchdog:
            shutil.copy(self.build / "versions" / "watchdog-1.0.exe", self.programs / "watchdog.exe")
        shutil.copy(releases.public / "metadata" / "1.root.json", self.folder / "root.json")
        (self.folder / "offer.json").write_text(json.dumps(
            {"update_id": "one", "product": self.name, "channel": "stable", "version": version}))
        (self.folder / "update.toml").write_text(
            f"product = '{self.name}'\ninstall_root = '{self.windows_folder}\\programs'\n"
            f"state_dir = '{self.windows_folder}\\state'\nroutes = ['{route.split()[0]}']\n"
            f"watchdog_path = '{'watchdog.exe' if self.has_watchdog else ''}'\n"
            f"restarted_on_failure = {'false' if self.has_watchdog else 'true'}\n[transfer]\nallow_http = true\n"
            f"[trust]\nroot = '{self.windows_folder}\\root.json'\n"
            f"repositories = [{{ metadata = '{releases.url}/metadata', targets = '{releases.url}/targets' }}]\n"
            "[service]\nmanager = 'scm'\n[trial]\ncommit_on = 'acknowledged'\nready_timeout = '30s'\n"
            f"ack_timeout = '{ack_timeout}'\n"
            f"[[programs]]\nname = 'agent'\npath = 'agent.exe'\narguments = ['--config', '{self.config}']\n")
        (self.folder / "state").mkdir(mode=0o700)

    def begin_update(self):
        """By its first start."""
        self.control("service", "install")

    def server_says(self, word):
        """Once it has authenticated the agent: the update that it confirms, or "nothing"."""
        part = self.folder / "acknowledged.part"
        part.write_text(word)
        part.rename(self.folder / "acknowledged")

    def running(self):
        """Who of it runs: names, each with its numbers in Linux."""
        found = {}
        for pid in self.wine.processes_of(f"{self.windows_folder}\\programs\\"):
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue  # ended meanwhile
            image = words.split("\0")[0]
            if "--update-helper" in words:
                who = "helper"
            elif "guardian" in words:
                who = "guardian"
            elif "watchdog.exe" in image and ".update-" not in image:
                who = "watchdog"
            else:
                who = "agent" if image.endswith("\\agent.exe") else "new watchdog" if ".update-" in image else "guard"
            found.setdefault(who, []).append(pid)
        return found

    def kill(self, who):
        """@return whether there was one. A session is everybody."""
        victims = [pid for name, pids in self.running().items() if who in (name, "session") for pid in pids]
        for pid in victims:
            kill(pid)
        return bool(victims)

    def recovers(self):
        """As the SCM does where there is no watchdog: the first failure is followed by a start, each later one by the guard,
        and each one by the exit-code route. Also as the next boot does: nobody else starts an agent whose helper was killed
        after it had stopped it."""
        down = self.wine.phase(self.name) == "STOPPED"  # takes a moment, and changes nothing
        if self.has_watchdog or {"agent", "helper", "guard"} & set(self.running()):
            return
        self.failures += 1
        if self.failures == 1 and down and not self.exits:
            self.start(self.name)
        else:
            self.wine.run(f"{self.windows_folder}\\programs\\.guard-agent.exe", "--config", self.config, "--update-rescue")

    def ends(self):
        return eventually(lambda: self.outcome() or self.recovers(), "the update has an outcome", 180)["ending"]

    def is_whole(self, ending, new_watchdog):
        check(ending in ENDS, ending)
        version = "1.1" if ending in ("committed", "needs-repair") else "1.0"
        self.runs_whole(self.build / "tests" / f"offering_agent_{version}.exe", f"{version}.0")
        if ending != "needs-repair":
            self.has_nothing_left()
        if self.has_watchdog:
            wanted = "1.1" if new_watchdog and ending == "committed" else "1.0"
            check(digest(self.programs / "watchdog.exe") == digest(self.build / "versions" / f"watchdog-{wanted}.exe"),
                  f"watchdog.exe is not version {wanted}")
            self.wine.is_up(f"{self.name}-watchdog")
        return f"{ending}, agent {version}.0 runs"
