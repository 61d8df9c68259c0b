"""A machine with a real systemd as process 1, in namespaces: the one that the tests use."""

import os
import signal
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BOOT = os.path.join(ROOT, "tests/integration/systemd/machine/boot")


class Machine:
    """Sees `folder` at the same path; its units lie in folder/machine/units, its log is folder/log."""

    def __init__(self, folder):
        self.folder = folder
        place = os.path.join(folder, "machine")
        os.makedirs(place)
        with open(os.path.join(folder, "log"), "wb") as log:
            self._launcher = subprocess.Popen([BOOT, place, place, folder], stdout=log, stderr=log,
                                              stdin=subprocess.DEVNULL, start_new_session=True)
        limit = time.monotonic() + 30
        while not os.path.exists(os.path.join(place, "ready")):
            if self._launcher.poll() is not None or time.monotonic() > limit:
                raise RuntimeError("no machine with systemd can be had here; see " + os.path.join(folder, "log"))
            time.sleep(0.01)
        self.init = self._child(self._child(self._launcher.pid))

    @staticmethod
    def _child(pid):
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return int(file.read().split()[0])

    def run(self, *command):
        line = ["nsenter", "-t", str(self.init), "-m", "-C", "-p", "-i", "-u", "-r", "-w", "--", *command]
        done = subprocess.run(line, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def systemctl(self, *command):
        return self.run("systemctl", *command)

    def properties(self, unit, *names):
        text = self.systemctl("show", unit, *("--property=" + name for name in names))
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    def end(self):
        try:
            os.kill(self.init, signal.SIGKILL)
        except (ProcessLookupError, AttributeError):
            pass
        self._launcher.wait(20)
