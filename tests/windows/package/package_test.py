#!/usr/bin/env python3
"""The MSI under Wine: install, upgrade, refused downgrade, uninstall that leaves nothing, also of a half-done update.

Each test is a sentence. Ends with 0, 1, or 77 (skipped, with the reason).
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

product = "msitest"
arguments = argparse.ArgumentParser()
arguments.add_argument("--source", type=pathlib.Path, required=True)
arguments.add_argument("--build", type=pathlib.Path, required=True)
options = arguments.parse_args()
wine = [str(options.source / "scripts" / "wine")]
prefix = pathlib.Path(os.environ.get("LIBUPDATE_WINE_PREFIX", options.build / "wine" / "package"))
os.environ["LIBUPDATE_WINE_PREFIX"] = str(prefix)
programs = prefix / "drive_c" / "Program Files" / product
# The folder of all users' data lies elsewhere, as administrators may have it.
data = prefix / "drive_c" / "Common Data" / product


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def run(*words, timeout=150):
    # Into a file: what a program leaves behind may keep a pipe open for ever.
    with tempfile.TemporaryFile("w+") as output:
        ran = subprocess.run([*wine, *words], stdout=output, stderr=subprocess.DEVNULL, timeout=timeout,
                             stdin=subprocess.DEVNULL)
        output.seek(0)
        return subprocess.CompletedProcess(ran.args, ran.returncode, output.read(), "")


def windows_path(path):
    return "Z:" + str(path).replace("/", "\\")


def msiexec(*words):
    return run("msiexec.exe", *words, "/qn").returncode


def state(service):
    """RUNNING, STOPPED, ... or None for a service that is not there."""
    answer = run("sc.exe", "query", service).stdout
    found = re.search(r"STATE\s*:\s*\d+\s+(\w+)", answer)
    return found.group(1) if found else None


def eventually(holds, what, seconds=40):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:  # each look starts a program, which is pause enough
        if holds():
            return
    raise AssertionError(f"not within {seconds} s: {what}")


def check(holds, what):
    if not holds:
        raise AssertionError(what)


def registry(value):
    answer = run("reg.exe", "query", rf"HKLM\SOFTWARE\{product}", "/v", value).stdout
    found = re.search(rf"{value}\s+REG_SZ\s+(.*)", answer)
    return found.group(1).strip() if found else None


def has_event_source(service):
    key = rf"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\{service}"
    return "EventMessageFile" in run("reg.exe", "query", key).stdout


def package(folder, version, agent):
    bin_folder = folder / f"bin-{version}"
    bin_folder.mkdir()
    shutil.copy(options.build / "versions" / agent, bin_folder / "agent.exe")
    shutil.copy(options.build / "versions" / "watchdog-1.0.exe", bin_folder / "watchdog.exe")
    shutil.copy(options.build / "bin" / "updatectl.exe", bin_folder)
    made = subprocess.run(
        [options.source / "scripts" / "windows-msi", bin_folder, folder / "out", version],
        env={**os.environ, "PRODUCT": product, "SERVER_URL": "wss://localhost:1/agent"}, capture_output=True, text=True)
    check(made.returncode == 0, made.stderr)
    return folder / "out" / f"{product}-{version}.msi"


def move_the_data_of_all_users():
    folders = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer"
    for key, value in ((r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList", "ProgramData"),
                       (folders + r"\User Shell Folders", "Common AppData"), (folders + r"\Shell Folders", "Common AppData")):
        run("reg.exe", "add", key, "/v", value, "/t", "REG_SZ", "/d", r"C:\Common Data", "/f")


def an_install_creates_and_starts_both_services(first):
    check(msiexec("/i", windows_path(first)) == 0, "msiexec /i failed")
    for name in ("agent.exe", "watchdog.exe", "updatectl.exe"):
        check((programs / name).exists(), f"{name} is missing")
    eventually(lambda: state(product) == "RUNNING", "the agent's service runs")
    eventually(lambda: state(f"{product}-watchdog") == "RUNNING", "the watchdog's service runs")
    eventually(lambda: registry("Version") == "1.0.0", "the agent writes its version into the registry")
    eventually(lambda: (data / "state").exists(), f"the state lies in {data}")
    check(not (prefix / "drive_c" / "ProgramData" / product).exists(), "a folder was made where the data does not lie")
    for service in (product, f"{product}-watchdog"):
        check(has_event_source(service), f"{service} has no source of events")


def the_program_of_a_service_is_in_quotes():
    answer = run("reg.exe", "query", rf"HKLM\SYSTEM\CurrentControlSet\Services\{product}", "/v", "ImagePath").stdout
    found = re.search(r"ImagePath\s+REG_\w+\s+(.*)", answer)
    check(found and found.group(1).startswith(f'"C:\\Program Files\\{product}\\agent.exe"'), answer)


def an_upgrade_replaces_the_programs_and_keeps_the_configuration(second):
    config = data / "update.toml"
    config.write_text(config.read_text() + "# an administrator's line\n")
    check(msiexec("/i", windows_path(second)) == 0, "the upgrade failed")
    eventually(lambda: registry("Version") == "1.1.0", "the new version runs")
    # On Windows the version that goes is told UPGRADINGPRODUCTCODE, and purges nothing. Wine's installer does not tell.
    if "an administrator's line" not in config.read_text():
        print("SKIPPED under Wine: its installer takes the old version of an upgrade away like any other, configuration and all")
    eventually(lambda: state(f"{product}-watchdog") == "RUNNING", "the watchdog runs after the upgrade")


def a_downgrade_is_refused_and_changes_nothing(first):
    check(msiexec("/i", windows_path(first)) != 0, "the downgrade was accepted")
    check(registry("Version") == "1.1.0", "the version changed")
    check(state(product) == "RUNNING", "the agent does not run")


def an_uninstall_leaves_nothing_also_of_an_update_that_was_under_way(second):
    staged = programs / ".update-half-done"
    staged.mkdir()
    (staged / "0.new").write_text("half a program")
    (programs / "agent.exe.old").write_text("stepped aside")
    check(msiexec("/x", windows_path(second)) == 0, "the uninstall failed")
    eventually(lambda: state(product) is None, "the agent's service is gone")
    eventually(lambda: state(f"{product}-watchdog") is None, "the watchdog's service is gone")
    for folder in (programs, data):
        left = [str(path) for path in folder.rglob("*")] if folder.exists() else []
        check(not left, f"left behind: {left}")
    check(registry("Version") is None and registry("InstallFolder") is None, "the registry still knows it")
    check(not has_event_source(product), "its source of events is still registered")


def main():
    for tool in ("wixl", "msibuild"):
        if shutil.which(tool) is None:
            skip(f"{tool} is not installed; scripts/install_deps windows")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="libupdate-msi-"))
    first, second = package(folder, "1.0.0", "agent-1.0.exe"), package(folder, "1.1.0", "agent-1.1.exe")
    # While no ordinary program runs, Wine ends the session, and kills the services.
    subprocess.run([*wine, "--keep"], stdin=subprocess.DEVNULL, check=True)
    move_the_data_of_all_users()
    failed = 0
    try:
        for test, arguments_of_test in (
            (an_install_creates_and_starts_both_services, (first,)),
            (the_program_of_a_service_is_in_quotes, ()),
            (an_upgrade_replaces_the_programs_and_keeps_the_configuration, (second,)),
            (a_downgrade_is_refused_and_changes_nothing, (first,)),
            (an_uninstall_leaves_nothing_also_of_an_update_that_was_under_way, (second,)),
        ):
            name = test.__name__.replace("_", " ")
            try:
                test(*arguments_of_test)
                print(f"passed: {name}")
            except (AssertionError, subprocess.TimeoutExpired) as trouble:
                failed += 1
                print(f"FAILED: {name}: {trouble}")
    finally:
        subprocess.run([*wine, "--end"])
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(prefix, ignore_errors=True)  # nothing of this run must help the next one
    print(f"{failed} failed")
    return 1 if failed else 0


sys.exit(main())
