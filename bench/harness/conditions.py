"""What the figures depend on, and must be said with them."""

import ctypes
import os
import platform
import re
import subprocess


def build_release(root):
    subprocess.run([os.path.join(root, "scripts/build"), "release", "benchmarks"], check=True, stdout=subprocess.DEVNULL)


def become_real_time():
    """All arms inherit it: what else the machine does costs them less."""
    if os.geteuid() == 0:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        except OSError:
            pass  # the report says which policy it was


def _first(pattern, text, otherwise="unknown"):
    found = re.search(pattern, text, re.M)
    return found[1].strip() if found else otherwise


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return ""


def describe(folder, tls):
    with open("/proc/cpuinfo") as file:
        cpu = file.read()
    policy = {os.SCHED_FIFO: "chrt -f 10 for every process of every arm"}.get(
        os.sched_getscheduler(0), "the ordinary one (no permission for chrt -f)")
    curl = ctypes.CDLL("libcurl.so.4").curl_version
    curl.restype = ctypes.c_char_p
    disk = _output("findmnt", "-n", "-o", "SOURCE,FSTYPE", "-T", folder).split()
    return {
        "machine": f"{_first(r'^model name.*: (.*)$', cpu)}, {os.cpu_count()} cores, Linux {platform.release()}",
        "scheduling": policy,
        "load": "%.1f processes wanted a core (one minute before the end)" % os.getloadavg()[0],
        "hash": f"SHA-256 of {_output('openssl', 'version').strip()} in both arms, "
                + ("with" if " sha_ni" in cpu else "without") + " SHA instructions",
        "tls": f"{tls}, certificates checked, a new connection for each download, in both arms",
        "server": "the project's control-server, HTTP/1.1, in both arms; the file is in the page cache",
        "client": curl().decode().split(" zlib")[0],
        "fsync": "libupdate flushes the artifact, its folder and every journal record; the script flushes nothing, "
                 "except in the careful one (`sync FILE`, `sync FOLDER`)",
        "disk": " ".join(disk) or "unknown",
    }
