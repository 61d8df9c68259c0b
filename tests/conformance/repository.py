"""A TUF repository in memory, for tests that drive tuf-client over HTTP. Shares no code with libupdate: canonical form,
keys and signatures are made here anew, with python3-cryptography."""
import copy
import datetime
import hashlib
import http.server
import json
import threading
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

TOP = ("root", "timestamp", "snapshot", "targets")
BASE = "/case%5Brsa%2Fpss%5D/"  # a folder whose name comes back as it was given, or not at all


def canonical(value):
    if isinstance(value, dict):
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return {True: "true", False: "false", None: "null"}[value] if value is None or isinstance(value, bool) else str(value)


def date(days=0.0, base=None):
    base = base or datetime.datetime.now(datetime.timezone.utc)
    return (base + datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Signer:
    def __init__(self, kind="ecdsa", keytype=None):
        self.kind = kind
        if kind == "ed25519":
            self.private = ed25519.Ed25519PrivateKey.generate()
            raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            public, scheme = raw.hex(), "ed25519"
        else:
            self.private = ec.generate_private_key(ec.SECP256R1()) if kind == "ecdsa" else rsa.generate_private_key(65537, 2048)
            public = self.private.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
            scheme = {"ecdsa": "ecdsa-sha2-nistp256", "rsa": "rsassa-pss-sha256"}[kind]
        self.key = {"keytype": keytype or kind, "scheme": scheme, "keyval": {"public": public}}

    @property
    def keyid(self):
        return hashlib.sha256(canonical(self.key).encode()).hexdigest()

    def sign(self, payload):
        if self.kind == "ed25519":
            return self.private.sign(payload)
        if self.kind == "ecdsa":
            return self.private.sign(payload, ec.ECDSA(hashes.SHA256()))
        return self.private.sign(payload, padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH), hashes.SHA256())


class Repository:
    """`signed[role]` may be changed at will; `publish` bumps, signs and serves it."""

    def __init__(self):
        common = {"spec_version": "1.0.34", "version": 1, "expires": date(30)}
        roles = {role: {"keyids": [], "threshold": 1} for role in TOP}
        self.signed = {
            "root": dict(common, _type="root", consistent_snapshot=True, keys={}, roles=roles),
            "timestamp": dict(common, _type="timestamp", meta={"snapshot.json": {"version": 1}}),
            "snapshot": dict(common, _type="snapshot", meta={"targets.json": {"version": 1}}),
            "targets": dict(common, _type="targets", targets={}),
        }
        self.signers, self.served, self.artifacts, self.requests = {}, {}, {}, []
        self.with_hashes = False
        for role in TOP:
            self.add_key(role)
        self.publish("targets", "snapshot", "timestamp", "root")

    def __getattr__(self, name):
        if name in TOP:
            return self.signed[name]
        raise AttributeError(name)

    def add_key(self, role, signer=None, delegator="root"):
        signer = signer or Signer()
        holder = self.root if delegator == "root" else self.signed[delegator]["delegations"]
        holder["keys"][signer.keyid] = signer.key
        if delegator == "root":
            keyids = holder["roles"][role]["keyids"]
        elif "succinct_roles" in holder:
            keyids = holder["succinct_roles"]["keyids"]
        else:
            keyids = next(r for r in holder["roles"] if r["name"] == role)["keyids"]
        if signer.keyid not in keyids:
            keyids.append(signer.keyid)
        self.signers.setdefault(role, {})[signer.keyid] = signer
        return signer

    def rotate(self, role):
        self.root["roles"][role]["keyids"].clear()
        self.signers[role].clear()
        return self.add_key(role)

    def delegate(self, delegator, role, paths=("*",), prefixes=None, terminating=False):
        delegations = self.signed[delegator].setdefault("delegations", {"keys": {}, "roles": []})
        entry = {"name": role, "keyids": [], "threshold": 1, "terminating": terminating}
        entry.update({"path_hash_prefixes": list(prefixes)} if prefixes else {"paths": list(paths)})
        delegations["roles"].append(entry)
        self.add_key(role, delegator=delegator)
        self.signed.setdefault(role, {"_type": "targets", "spec_version": "1.0.34", "version": 1, "expires": date(30),
                                      "targets": {}})

    def succinct(self, delegator, bits, prefix):
        self.signed[delegator]["delegations"] = {
            "keys": {}, "succinct_roles": {"keyids": [], "threshold": 1, "bit_length": bits, "name_prefix": prefix}}
        width = len(f"{2 ** bits - 1:x}")
        signer = Signer()
        for number in range(2 ** bits):
            role = f"{prefix}-{number:0{width}x}"
            self.add_key(role, signer, delegator)
            self.signed[role] = {"_type": "targets", "spec_version": "1.0.34", "version": 1, "expires": date(30), "targets": {}}
            self.publish(role)

    def add_artifact(self, role, data, path, algorithms=("sha256",)):
        sums = {a: hashlib.new(a, data).hexdigest() for a in algorithms}
        self.signed[role]["targets"][path] = {"length": len(data), "hashes": sums}
        self.artifacts[path] = data

    def sign(self, role):
        payload = canonical(self.signed[role]).encode()
        signatures = [{"keyid": k, "sig": s.sign(payload).hex()} for k, s in self.signers[role].items()]
        return json.dumps({"signatures": signatures, "signed": self.signed[role]}, indent=1).encode()

    def publish(self, *roles):
        for role in roles:
            if role in self.served:
                self.signed[role]["version"] += 1
            self.served.setdefault(role, []).append(self.sign(role))
            self.refer(role)

    def refer(self, role):
        """The latest version of the role becomes what its parent names."""
        data = self.served[role][-1]
        entry = {"version": self.signed[role]["version"]}
        if self.with_hashes:
            entry.update(length=len(data), hashes={"sha256": hashlib.sha256(data).hexdigest()})
        if role == "snapshot":
            self.timestamp["meta"]["snapshot.json"] = entry
        elif role not in TOP[:3]:
            self.snapshot["meta"][role + ".json"] = entry

    def publish_all(self):
        self.publish("targets", "snapshot", "timestamp")

    def restart(self, role, version=1):
        """Serve the role's versions anew, from this one on (a rollback)."""
        del self.served[role]
        self.signed[role]["version"] = version

    def fetch(self, path):
        if path.startswith("metadata/") and path.endswith(".json"):
            name = path[len("metadata/"):-len(".json")]
            version, _, role = name.partition(".")
            if name == "timestamp" or (role != "root" and not self.root["consistent_snapshot"]):
                role, version = name, None
            self.requests.append((role, int(version) if version else None))
            published = self.served.get(urllib.parse.unquote(role), [])
            number = int(version) if version else len(published)
            return published[number - 1] if 1 <= number <= len(published) else None
        if path.startswith("targets/"):
            folder, slash, name = path[len("targets/"):].rpartition("/")
            prefix = None
            if self.root["consistent_snapshot"]:
                prefix, _, name = name.partition(".")
            self.requests.append((folder + slash + name, prefix))
            return self.artifacts.get(folder + slash + name)
        return None

    def copy_signed(self, role):
        return copy.deepcopy(self.signed[role])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repository = None
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}{BASE[:-1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        data = self.server.repository.fetch(self.path[len(BASE):]) if self.path.startswith(BASE) else None
        if isinstance(data, int):  # a status
            self.send_error(data)
        elif data is None:
            self.send_error(404)
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *_):
        pass
