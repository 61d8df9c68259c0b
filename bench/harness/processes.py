"""Programs whose lines are read with the time at which they came."""

import os
import re
import signal
import subprocess
import threading
import time


def now_ms():
    return time.clock_gettime(time.CLOCK_MONOTONIC) * 1000.0


class Program:
    """A running program; its standard output and error are read line by line."""

    def __init__(self, command, **options):
        self.name = os.path.basename(command[0])
        self._lines, self._changed, self._ended = [], threading.Condition(), False
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, **options)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            at = now_ms()
            with self._changed:
                self._lines.append((at, line.decode(errors="replace").rstrip("\n")))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def say(self, command):
        self.process.stdin.write((command + "\n").encode())
        self.process.stdin.flush()

    def mark(self):
        """What comes after this moment is found by `wait_for(..., since=mark)`."""
        with self._changed:
            return len(self._lines)

    def wait_for(self, pattern, since=0, timeout=60.0):
        """@return (time in ms, match) of the first line from `since` on that the pattern is found in."""
        looking, limit = since, time.monotonic() + timeout
        with self._changed:
            while True:
                for at, line in self._lines[looking:]:
                    found = re.search(pattern, line)
                    if found:
                        return at, found
                looking = len(self._lines)
                left = limit - time.monotonic()
                if self._ended or left <= 0:
                    why = "it ended" if self._ended else f"{timeout:.0f} s are over"
                    text = "\n  ".join(line for _, line in self._lines[-40:])
                    raise RuntimeError(f"{self.name} never said /{pattern}/: {why}. Its last lines:\n  {text}")
                self._changed.wait(left)

    def end(self, timeout=20.0):
        """The end of its input, which bare_supervisor takes as one, then SIGTERM; what remains is killed."""
        group = self.process.pid
        self.process.stdin.close()
        if self.process.poll() is None:
            if self.name == "bare_supervisor":
                self._wait(timeout)
            self.process.terminate()
            self._wait(timeout)
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self._reader.join(5)

    def _wait(self, timeout):
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
