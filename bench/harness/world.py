"""One control server for all arms, and a fresh endpoint for each of them."""

import hashlib
import http.client
import json
import os
import shutil
import signal
import ssl
import subprocess

from .processes import Program

TOKEN = "benchmark-admin-token-0123456789"
KEY = "benchmark-agent-key-0123456789"


def write_private(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


class Artifact:
    def __init__(self, path, version, self_test=True):
        self.path, self.version, self.self_test = path, version, self_test
        self.channel = None  # that it is published on
        self.size = os.path.getsize(path)
        with open(path, "rb") as file:
            self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()


def padded(program, size, into):
    """The program with zeros behind it: an ELF file takes no notice of them."""
    shutil.copyfile(program, into)
    os.chmod(into, 0o755)
    subprocess.run(["strip", into], check=True)
    with open(into, "r+b") as file:
        file.seek(0, os.SEEK_END)
        missing = size - file.tell()
        while missing > 0:  # real blocks: a hole would cost neither disk nor page cache
            part = min(missing, 1 << 20)
            file.write(bytes(part))
            missing -= part
        file.flush()
        os.fsync(file.fileno())


class Server:
    def __init__(self, folder, build):
        self.folder, self.build, self.channels = folder, build, 0
        self.releases, self.passphrase = os.path.join(folder, "releases"), os.path.join(folder, "passphrase")
        os.makedirs(folder)
        write_private(self.passphrase, "passphrase of a benchmark\n")
        self.repo("init")
        self.root = os.path.join(self.releases, "public/metadata/1.root.json")
        tls, state = os.path.join(folder, "tls"), os.path.join(folder, "server")
        os.makedirs(state)
        program = os.path.join(build, "bin", "control-server")
        subprocess.run([program, "make-certificate", "--out", tls, "--name", "127.0.0.1"], check=True,
                       stdout=subprocess.DEVNULL)
        self.ca = os.path.join(tls, "ca.pem")
        token, port = os.path.join(folder, "token"), os.path.join(folder, "port")
        write_private(token, TOKEN)
        self._program = Program([
            program, "--listen", "127.0.0.1:0", "--cert", os.path.join(tls, "server.pem"), "--key",
            os.path.join(tls, "server.key"), "--state", state, "--repository", os.path.join(self.releases, "public"),
            "--admin-token-file", token, "--port-file", port])
        try:
            self._program.wait_for("listen", timeout=20)
            with open(port) as file:
                self.port = int(file.read())
            self._connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, context=ssl.create_default_context(cafile=self.ca), timeout=60)
        except BaseException:
            self._program.end()
            raise

    def end(self):
        self._program.end()

    def call(self, method, path, body=None):
        """Over one connection that stays, so that a request costs no handshake."""
        self._connection.request(method, path, None if body is None else json.dumps(body),
                                 {"Authorization": f"Bearer {TOKEN}"})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]}")
        return json.loads(text) if text else None

    def tls(self):
        """What was negotiated with a client that asks for nothing special."""
        self.call("GET", "/api/agents")
        cipher, version, _ = self._connection.sock.cipher()
        return f"{version}, {cipher}"

    def repo(self, *words):
        keys = [] if words[0] == "add" else ["--passphrase-file", self.passphrase]
        subprocess.run([os.path.join(self.build, "bin/updatectl"), "repo", *words, "--dir", self.releases, *keys],
                       check=True, stdout=subprocess.DEVNULL)

    def publish(self, artifact):
        """Signs it, on a channel of its own."""
        self.channels += 1
        artifact.channel = f"c{self.channels}"
        draft = os.path.join(self.releases, f"drafts/agent-{artifact.version}.json")
        if os.path.exists(draft):
            os.remove(draft)
        release = ("--product", "agent", "--version", artifact.version)
        self.repo("add", *release, "--artifact",
                  f"agent:bin/agent={artifact.path}" + (",self-test" if artifact.self_test else ""))
        self.repo("publish", *release, "--channel", artifact.channel)
        self.call("HEAD", self._target(artifact))  # its ETag is computed once, before any arm

    def _target(self, artifact):
        folder = f"targets/agent/{artifact.channel}"
        names = os.listdir(os.path.join(self.releases, "public", folder))
        return f"/{folder}/" + next(name for name in names if name.startswith(artifact.sha256 + "."))

    def url(self, artifact):
        return f"https://127.0.0.1:{self.port}{self._target(artifact)}"

    def offer(self, agent_id, artifact):
        return self.call("POST", f"/api/agents/{agent_id}/updates", {
            "product": "agent", "channel": artifact.channel, "version": artifact.version})

    def trust(self, root=None):
        """The endpoint's part of it, as TOML. @param root  where it has the root of trust, if not where it was made"""
        base = f"https://127.0.0.1:{self.port}"
        return (f'[trust]\nroot = "{root or self.root}"\n'
                f'repositories = [{{metadata = "{base}/metadata", targets = "{base}/targets"}}]\n')

    def updates(self, agent_id):
        return [u for u in self.call("GET", "/api/updates") if u["agent_id"] == agent_id]


class Endpoint:
    """A folder with an installed agent, its configuration and its state."""

    def __init__(self, server, build, folder, agent, starts_max=3):
        self.server, self.build, self.folder = server, build, folder
        self.agent_id = "bench-" + os.path.basename(folder)
        self.live, self.config = os.path.join(folder, "inst/bin/agent"), os.path.join(folder, "update.toml")
        self.state = os.path.join(folder, "state")
        self.socket = os.path.join(self.state, "run/watchdog.sock")
        os.makedirs(os.path.dirname(self.live))
        for private in (folder, self.state, os.path.dirname(self.socket)):
            os.makedirs(private, exist_ok=True)
            os.chmod(private, 0o700)
        os.link(agent.path, self.live)
        key = os.path.join(folder, "key")
        write_private(key, KEY + "\n")
        server.call("PUT", f"/api/agents/{self.agent_id}", {"key": KEY})
        with open(self.config, "w") as file:
            file.write(f"""
install_root = "{folder}/inst"
state_dir = "{self.state}"
server_url = "wss://127.0.0.1:{server.port}/agent"
agent_id = "{self.agent_id}"
key_file = "{key}"
[transfer]
ca_file = "{server.ca}"
{server.trust()}[trial]
starts_max = {starts_max}
[[programs]]
name = "agent"
path = "bin/agent"
arguments = ["--config", "{self.config}"]
""")

    def watchdog(self):
        return Program([os.path.join(self.build, "bin/watchdog"), "--config", self.config])

    def bare_supervisor(self, with_agent):
        agent = [self.live, "--config", self.config] if with_agent else []
        program = Program([os.path.join(self.build, "bench/bare_supervisor"), self.socket, *agent])
        program.wait_for("^listening")
        return program

    def remove(self):
        """No agent of this endpoint goes on running into the next arm, whatever its supervisor did."""
        for process in os.listdir("/proc"):
            try:
                if process.isdigit() and os.readlink(f"/proc/{process}/exe").startswith(self.folder + "/"):
                    os.kill(int(process), signal.SIGKILL)
            except OSError:
                pass  # not ours to look at, or gone
        shutil.rmtree(self.folder, ignore_errors=True)
