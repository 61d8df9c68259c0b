"""The arms: each does its work once, in a fresh endpoint, and returns milliseconds by name."""

import os
import subprocess

from .processes import Program, now_ms
from .world import Endpoint

# What an operator would write. `sync` is the careful variant: the file is on the disk before it is used.
UPDATE_SCRIPT = """
set -e
curl -sS --fail --cacert "$CA" -o "$LIVE.new" "$URL"
[ "$(openssl dgst -sha256 -r "$LIVE.new" | cut -d' ' -f1)" = "$SHA256" ]
chmod 755 "$LIVE.new"
[ -z "$SYNC" ] || sync "$LIVE.new"
mv "$LIVE.new" "$LIVE"
[ -z "$SYNC" ] || sync "$(dirname "$LIVE")"
kill "$(cat "$PID")"
"""

SHELL_SUPERVISOR = """
trap 'kill $child; wait $child; exit 0' TERM
while :; do
  "$LIVE" --config "$CONFIG" & child=$!
  echo $child > "$PID"
  wait $child || true
done
"""


class Arms:
    def __init__(self, server, build, folder, old, new, bad):
        self.server, self.build, self.folder = server, build, folder
        self.old, self.new, self.bad = old, new, bad
        self._count = 0

    def _endpoint(self, agent, **options):
        self._count += 1
        return Endpoint(self.server, self.build, os.path.join(self.folder, str(self._count)), agent, **options)

    def update(self):
        """libupdate by the watchdog route, from the operator's request until the new version is ready."""
        endpoint = self._endpoint(self.old)
        watchdog = endpoint.watchdog()
        try:
            watchdog.wait_for("agent: session stands")
            since, asked = watchdog.mark(), now_ms()
            self.server.offer(endpoint.agent_id, self.new)
            reached = {}
            for name in ("downloading", "staging", "self-testing", "verifying", "stopping"):
                reached[name], _ = watchdog.wait_for(rf"update \S+: {name}$", since)
            ready, _ = watchdog.wait_for(r"update \S+: agent \S+ is ready", since)
            watchdog.wait_for(r"update \S+: committed", since)
            return {"update": ready - asked, "downtime": ready - reached["stopping"],
                    "plan of signed metadata": reached["downloading"] - asked,
                    "download with digest": reached["staging"] - reached["downloading"],
                    "self-test and backup": reached["verifying"] - reached["self-testing"],
                    "second digest": reached["stopping"] - reached["verifying"]}
        finally:
            watchdog.end()
            endpoint.remove()

    def script(self, careful=False):
        """curl, openssl dgst, mv, and a restart under a shell supervisor."""
        endpoint = self._endpoint(self.old)
        desk = endpoint.bare_supervisor(with_agent=False)
        environment = dict(os.environ, LIVE=endpoint.live, CONFIG=endpoint.config, CA=self.server.ca,
                           URL=self.server.url(self.new), SHA256=self.new.sha256,
                           PID=os.path.join(endpoint.folder, "agent.pid"), SYNC="1" if careful else "")
        supervisor = Program(["/bin/sh", "-c", SHELL_SUPERVISOR], env=environment)
        try:
            supervisor.wait_for("agent: session stands")
            began = now_ms()
            subprocess.run(["/bin/sh", "-c", UPDATE_SCRIPT], env=environment, check=True)
            ready, _ = desk.wait_for(f"^ready {self.new.version}")
            return {"careful_script" if careful else "script": ready - began}
        finally:
            supervisor.end()
            desk.end()
            endpoint.remove()

    def digest(self):
        """What one digest of the artifact costs, with nothing beside it."""
        began = now_ms()
        subprocess.run(["openssl", "dgst", "-sha256", self.new.path], check=True, stdout=subprocess.DEVNULL)
        return {"digest": now_ms() - began}

    def limit(self):
        """What no updater can beat: curl alone, then a bare start. And a bare stop and start of the same agent."""
        endpoint = self._endpoint(self.new)
        desk = endpoint.bare_supervisor(with_agent=True)
        try:
            began = now_ms()
            subprocess.run(["curl", "-sS", "--fail", "--cacert", self.server.ca, "-o", endpoint.live + ".new",
                            self.server.url(self.new)], check=True)
            fetched = now_ms()
            desk.say("start")
            ready, _ = desk.wait_for("^ready")
            desk.wait_for("agent: session stands")
            since = desk.mark()
            desk.say("restart")
            stopping, _ = desk.wait_for("^stopping", since)
            restarted, _ = desk.wait_for("^ready", since)
            return {"limit": ready - began, "curl": fetched - began, "bare_restart": restarted - stopping}
        finally:
            desk.end()
            endpoint.remove()

    def bare_start(self):
        endpoint = self._endpoint(self.old)
        desk = endpoint.bare_supervisor(with_agent=True)
        try:
            desk.say("start")
            starting, _ = desk.wait_for("^starting")
            ready, _ = desk.wait_for("^ready")
            return {"bare_start": ready - starting}
        finally:
            desk.end()
            endpoint.remove()

    def rollback(self):
        """A new version that crashes at its start: from the crash until the old version is ready again."""
        endpoint = self._endpoint(self.old, starts_max=1)
        watchdog = endpoint.watchdog()
        try:
            watchdog.wait_for("agent: session stands")
            since = watchdog.mark()
            self.server.offer(endpoint.agent_id, self.bad)
            _, crash = watchdog.wait_for(r"^crashes at (\d+)", since)
            ready, _ = watchdog.wait_for(r"update \S+: agent \S+ is ready again", since)
            watchdog.wait_for(r"update \S+: rolled-back", since)
            return {"rollback": ready - int(crash[1]) / 1000}
        finally:
            watchdog.end()
            endpoint.remove()
