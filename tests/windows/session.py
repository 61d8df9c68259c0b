"""A Windows session under Wine, driven from this machine: a prefix of its own, its programs and its services."""
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time


def windows_path(path):
    return "Z:" + str(path).replace("/", "\\")


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def kill(pid):
    """Returns when it has ended: a busy machine takes its time over that, and only then what it held is free."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        signal.pidfd_send_signal(process, signal.SIGKILL)
        check(select.select([process], [], [], 60)[0], f"process {pid} ends")
    except ProcessLookupError:
        pass  # ended by itself meanwhile
    finally:
        os.close(process)


# Patience is for a busy machine: it costs time only where something is wrong.
def eventually(look, what, seconds=120, news=lambda seconds: None):
    """Looks, and again after news. A look that runs a program of Windows takes long enough to need none."""
    limit = time.monotonic() + seconds
    while (left := limit - time.monotonic()) > 0:
        if found := look():
            return found
        news(left)
    raise AssertionError(f"not within {seconds} s: {what}")


class Session:
    def __init__(self, source, prefix):
        self.prefix = pathlib.Path(prefix).resolve()
        self.wine = [str(source / "scripts" / "wine")]
        self.drive = self.prefix / "drive_c"
        os.environ["LIBUPDATE_WINE_PREFIX"] = str(self.prefix)

    def begin(self):
        # While no ordinary program runs, Wine ends the session, and kills the services.
        subprocess.run([*self.wine, "--keep"], stdin=subprocess.DEVNULL, check=True)

    def end(self):
        subprocess.run([*self.wine, "--end"], check=True)

    def forget(self):
        """Ends, and nothing of it helps the next one."""
        self.end()
        shutil.rmtree(self.prefix, ignore_errors=True)

    def run(self, *words, timeout=120):
        # Into a file: what a program leaves behind may keep a pipe open for ever.
        with tempfile.TemporaryFile("w+") as output:
            ran = subprocess.run([*self.wine, *map(str, words)], stdout=output, stderr=subprocess.DEVNULL,
                                 stdin=subprocess.DEVNULL, timeout=timeout)
            output.seek(0)
            return ran.returncode, output.read()

    def begin_program(self, *words):
        return subprocess.Popen([*self.wine, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def phase(self, service):
        """RUNNING, STOPPED, ...; nothing for a service that is not there."""
        found = re.search(r"STATE\s*:\s*\d+\s+(\w+)", self.run("sc.exe", "query", service)[1])
        return found.group(1) if found else None

    def is_up(self, service):
        eventually(lambda: self.phase(service) == "RUNNING", f"{service} runs")

    def processes_of(self, image):
        """Those of our prefix that run this file, by their numbers in Linux."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if not entry.name.isdigit() or image.encode() not in (entry / "cmdline").read_bytes().split(b"\0")[0]:
                    continue
                if f"WINEPREFIX={self.prefix}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # ended meanwhile
        return found
