"""Service mode: agent and watchdog as units of a real systemd, many updates in a row on one machine.

The gap is systemd's own: from the moment that the agent's unit ceases to be active until it is active again, which for
Type=notify is when the agent says that it is ready. The same unit, restarted by systemctl between the updates, is the
other arm.
"""

import json
import os
import shutil
import time

from .machine import Machine
from .world import KEY, Artifact, padded, write_private

AGENT, WATCHDOG = "agent.service", "agent-watchdog.service"


class Service:
    def __init__(self, server, build, folder, routes, watchdog, restart_delay="100ms", ready_timeout="60s"):
        self.server, self.folder, self.agent_id = server, folder, os.path.basename(folder)
        os.makedirs(os.path.join(folder, "inst/bin"))
        self.old = self._artifact(build, "agent-1.0", "1.0.0")
        self.new = self._artifact(build, "agent-1.1", "1.1.0")
        shutil.copy(self.old.path, os.path.join(folder, "inst/bin/agent"))
        shutil.copy(os.path.join(build, "bin/watchdog"), os.path.join(folder, "inst/bin/watchdog"))
        shutil.copy(os.path.join(build, "bin/updatectl"), folder)
        shutil.copy(server.ca, folder)
        root = shutil.copy(server.root, folder)
        write_private(os.path.join(folder, "key"), KEY + "\n")
        server.call("PUT", f"/api/agents/{self.agent_id}", {"key": KEY})
        self.config = os.path.join(folder, "update.toml")
        with open(self.config, "w") as file:
            file.write(f"""
install_root = "{folder}/inst"
state_dir = "{folder}/state"
watchdog_path = "{'bin/watchdog' if watchdog else ''}"
routes = ["{routes}"]
server_url = "wss://127.0.0.1:{server.port}/agent"
agent_id = "{self.agent_id}"
key_file = "{folder}/key"
[transfer]
ca_file = "{folder}/ca.pem"
{server.trust(root)}[trial]
ready_timeout = "{ready_timeout}"
[policy]
allow_downgrade = true
attempts_per_version = 1000
quarantine_for = "0s"
[service]
manager = "systemd"
restart_delay = "{restart_delay}"
[[programs]]
name = "agent"
path = "bin/agent"
arguments = ["--config", "{self.config}"]
""")
        self.machine = Machine(folder)
        self.machine.run(os.path.join(folder, "updatectl"), "service", "install", "--config", self.config)
        self.await_version("1.0.0")

    def _artifact(self, build, name, version, self_test=True):
        path = os.path.join(self.folder, name)
        padded(os.path.join(build, "versions", name), 0, path)
        artifact = Artifact(path, version, self_test)
        self.server.publish(artifact)
        return artifact

    def bad(self, build, name):
        return self._artifact(build, name, "1.2.0", self_test=False)

    def await_version(self, version):
        def there():
            agents = {a["agent_id"]: a for a in self.server.call("GET", "/api/agents")}
            agent = agents.get(self.agent_id, {})
            return agent.get("connected") and agent.get("version") == version
        self._await(there, f"a session of {version}")

    def _await(self, condition, what, timeout=120):
        limit = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > limit:
                raise RuntimeError(f"{what} never came. The log ends with:\n{self.machine.log()}")
            time.sleep(0.05)  # nothing that is measured waits for this

    def gap_ms(self):
        """Of the last restart, by systemd's clock."""
        times = self.machine.properties(AGENT, "ActiveEnterTimestampMonotonic", "ActiveExitTimestampMonotonic")
        return (int(times["ActiveEnterTimestampMonotonic"]) - int(times["ActiveExitTimestampMonotonic"])) / 1000

    def bare_start_ms(self):
        """Stopped before: from the start of the process (its guard included) until it is ready."""
        self.machine.systemctl("stop", AGENT)
        self.machine.systemctl("start", AGENT)
        times = self.machine.properties(AGENT, "ActiveEnterTimestampMonotonic", "InactiveExitTimestampMonotonic")
        return (int(times["ActiveEnterTimestampMonotonic"]) - int(times["InactiveExitTimestampMonotonic"])) / 1000

    def restart_ms(self):
        self.machine.systemctl("restart", AGENT)
        return self.gap_ms()

    def killed_ms(self):
        """systemd's own restart after SIGKILL, with the same RestartSec= and without any update."""
        before = self._started()
        self.machine.systemctl("kill", "--kill-who=main", "--signal=KILL", AGENT)
        # systemd is not asked meanwhile: each question would wake it, and its timers are late when nothing does.
        self._await(lambda: self._started() != before, "the restart after a kill")
        self._await(lambda: self.machine.properties(AGENT, "ActiveState")["ActiveState"] == "active", "its readiness")
        return self.gap_ms()

    def _started(self):
        """The agent writes it at each start."""
        with open(os.path.join(self.folder, "state/state.json")) as file:
            return json.load(file)["started_unix_ms"]

    def update(self, artifact):
        """@return the outcome that the server has"""
        update_id = self.server.offer(self.agent_id, artifact)["update_id"]
        outcome = {}

        def ended():
            found = next(u for u in self.server.updates(self.agent_id) if u["update_id"] == update_id)
            outcome.update(found.get("outcome") or {})
            return outcome
        self._await(ended, "the end of the update")
        return outcome

    def leaks(self):
        """What must not grow from one update to the next."""
        processes = self.machine.run("ps", "-eo", "pid", "--no-headers").split()
        units = self.machine.systemctl("list-units", "--all", "--no-legend", "--plain").splitlines()
        files = sum(len(names) for _, _, names in os.walk(os.path.join(self.folder, "inst")))
        files += sum(len(names) for _, _, names in os.walk(os.path.join(self.folder, "state")))
        counts = {"processes": len(processes), "units": len(units), "files": files}
        pid = self.machine.properties(WATCHDOG, "MainPID").get("MainPID", "0")
        if pid != "0":
            counts["watchdog fds"] = len(self.machine.run("ls", f"/proc/{pid}/fd").split())
            status = self.machine.run("cat", f"/proc/{pid}/status")
            counts["watchdog KiB"] = int(status.split("VmRSS:")[1].split()[0])
        return counts

    def end(self):
        self.machine.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def route(server, build, folder, name, rounds, log, arms):
    """Updates there and back again, each between a restart by systemctl and the next."""
    service = Service(server, build, folder, name, watchdog=name == "watchdog")
    try:
        leaks = {}
        for n in range(rounds):
            artifact = service.new if n % 2 == 0 else service.old
            outcome = service.update(artifact)
            if outcome.get("ending") != "committed" or outcome.get("route") != name:
                raise RuntimeError(f"update {n} by {name}: {outcome}")
            arms.setdefault(f"{name} gap", []).append(service.gap_ms())
            arms.setdefault(f"{name} systemctl restart", []).append(service.restart_ms())
            service.await_version(artifact.version)
            if name == "exit-code":
                arms.setdefault("restart after SIGKILL", []).append(service.killed_ms())
                service.await_version(artifact.version)
                arms.setdefault("bare start", []).append(service.bare_start_ms())
                service.await_version(artifact.version)
            if n == min(rounds - 1, 19):
                leaks[f"after {n + 1}"] = service.leaks()
            if n % 50 == 49:
                log(f"{name}: {n + 1} updates, {service.leaks()}")
        leaks[f"after {rounds}"] = service.leaks()
        return leaks
    finally:
        service.end()


def roll_backs(server, build, folder, rounds, log, arms):
    """By the watchdog route: from the last sign of life of the old version until it is ready again."""
    service = Service(server, build, folder, "watchdog", watchdog=True, ready_timeout="2s")
    try:
        for kind in ("crashes", "unloadable", "hangs"):
            artifact = service.bad(build, "agent-1.2-" + kind)
            for _ in range(rounds):
                outcome = service.update(artifact)
                if outcome.get("ending") != "rolled-back":
                    raise RuntimeError(f"roll-back of a version that {kind}: {outcome}")
                arms.setdefault(f"roll-back {kind}", []).append(outcome["downtime_us"] / 1000)
                service.await_version("1.0.0")
            log(f"roll-back of a version that {kind}: {arms[f'roll-back {kind}'][-1]:.0f} ms")
    finally:
        service.end()
