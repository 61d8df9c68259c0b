"""Peak resident memory of the process that updates, in KiB."""

import os
import subprocess

from .world import Endpoint


def floor_kib(build, server, artifact):
    """A program that only links libcurl and OpenSSL, for the same download."""
    out = subprocess.run([os.path.join(build, "bench/memory_floor"), server.ca, server.url(artifact)], check=True,
                         capture_output=True, text=True)
    return int(out.stdout)


def peak_kib(pid):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


def pid_of(endpoint, program="agent"):
    with open(os.path.join(endpoint.state, "run", program + ".pid")) as file:
        return int(file.read().split()[0])


def agent_kib(build, server, folder, old, candidate):
    """The agent downloads, verifies, stages and tests; then the candidate fails its self-test, so that the agent that
    did all of it still runs and can be looked at. It does nothing more on the way of a good update than to ask the
    watchdog."""
    endpoint = Endpoint(server, build, folder, old)
    watchdog = endpoint.watchdog()
    try:
        watchdog.wait_for("agent: session stands")
        pid, since = pid_of(endpoint), watchdog.mark()
        before = peak_kib(pid)
        server.offer(endpoint.agent_id, candidate)
        watchdog.wait_for(r"update \S+: abandoned", since, timeout=120)
        return {"idle": before, "agent": peak_kib(pid)}
    finally:
        watchdog.end()
        endpoint.remove()


def watchdog_kib(build, server, folder, old, new):
    """The watchdog hashes what it installs."""
    endpoint = Endpoint(server, build, folder, old)
    watchdog = endpoint.watchdog()
    try:
        watchdog.wait_for("agent: session stands")
        since = watchdog.mark()
        server.offer(endpoint.agent_id, new)
        watchdog.wait_for(r"update \S+: committed", since, timeout=120)
        return peak_kib(watchdog.process.pid)
    finally:
        watchdog.end()
        endpoint.remove()


def updatectl_kib(build, server, folder, old, new):
    """`updatectl apply` downloads and verifies by itself, and the watchdog applies."""
    endpoint = Endpoint(server, build, folder, old)
    watchdog = endpoint.watchdog()
    try:
        watchdog.wait_for("agent: session stands")
        out = subprocess.run(
            [os.path.join(build, "bench/peak_memory"), os.path.join(build, "bin/updatectl"), "apply", "--config",
             endpoint.config, "--version", new.version, "--channel", new.channel], capture_output=True, text=True)
        code, kib = out.stdout.splitlines()[-1].split()
        if code != "0":
            raise RuntimeError(f"updatectl apply ended with {code}:\n{out.stdout}{out.stderr}")
        return int(kib)
    finally:
        watchdog.end()
        endpoint.remove()
