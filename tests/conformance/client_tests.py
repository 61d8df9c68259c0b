#!/usr/bin/env python3
"""tuf-client against a repository that behaves and misbehaves: exit codes, requests, what is stored, what is downloaded.
Usage: client_tests.py TUF_CLIENT [unittest arguments]"""
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

try:
    import cryptography  # noqa: F401
except ImportError:
    print("skipped: python3-cryptography is missing, run scripts/install_deps")
    sys.exit(77)
from repository import TOP, Handler, Repository, Server, Signer, canonical, date

CLIENT = os.path.abspath(sys.argv.pop(1))
FULL = [("root", 2), ("timestamp", None), ("snapshot", 1), ("targets", 1)]
server = Server()


class Case(unittest.TestCase):
    def setUp(self):
        self.repo = server.repository = Repository()
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.metadata = pathlib.Path(self.folder.name, "metadata")
        self.targets = pathlib.Path(self.folder.name, "targets")
        self.metadata.mkdir()
        self.targets.mkdir()

    def run_client(self, *arguments, days=0):
        command = [CLIENT, *map(str, arguments)]
        if days:
            command = ["faketime", "-f", f"{days:+}d", *command]
        # A proxy of the environment is none of this server's: who measures requests wants all of them.
        environment = {**os.environ, "http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
        done = subprocess.run(command, capture_output=True, timeout=120, env=environment)
        self.said = done.stderr.decode()
        return done.returncode

    def init(self, root=None):
        file = pathlib.Path(self.folder.name, "trusted.json")
        file.write_bytes(root if root is not None else self.repo.served["root"][0])
        return self.run_client("--metadata-dir", self.metadata, "init", file)

    def refresh(self, days=0):
        return self.run_client("--metadata-url", server.url + "/metadata/", "--metadata-dir", self.metadata, "refresh",
                               days=days)

    def download(self, *names, days=0):
        options = [word for name in names for word in ("--target-name", name)]
        return self.run_client("--metadata-url", server.url + "/metadata", "--metadata-dir", self.metadata, *options,
                               "--target-dir", self.targets, "--target-base-url", server.url + "/targets", "download",
                               days=days)

    def trusted(self):
        """{role: version} of all that lies directly in the folder"""
        found = {}
        for name in sorted(os.listdir(self.metadata)):
            if name.endswith(".json"):
                found[name[:-5]] = json.loads((self.metadata / name).read_text())["signed"]["version"]
        return found

    def downloads(self):
        files = sorted((f for f in self.targets.rglob("*") if f.is_file()), key=lambda f: f.stat().st_mtime_ns)
        return [f.read_bytes() for f in files]

    def begin(self):
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.refresh(), 0, getattr(self, "said", ""))

    def replace_signed(self, role, change):
        """Changes the file as served, signatures included."""
        file = json.loads(self.repo.served[role].pop())
        change(file)
        self.repo.served[role].append(json.dumps(file).encode())


class Refresh(Case):
    def test_requests_in_the_order_of_the_specification(self):
        self.begin()
        self.assertEqual(self.repo.requests, FULL)

    def test_stores_the_bytes_as_served(self):
        self.repo.served["timestamp"][-1] += b" \n"
        self.begin()
        for role in TOP:
            self.assertEqual((self.metadata / f"{role}.json").read_bytes(), self.repo.served[role][-1])

    def test_nothing_new_asks_for_root_and_timestamp_only(self):
        self.begin()
        self.repo.requests.clear()
        self.assertEqual(self.refresh(), 0)
        self.assertEqual(self.repo.requests, FULL[:2])

    def test_only_what_changed_is_asked_for(self):
        self.repo.delegate("targets", "a", ["a/*"])
        self.repo.delegate("targets", "b", ["b/*"])
        self.repo.add_artifact("a", b"one", "a/file")
        self.repo.add_artifact("b", b"two", "b/file")
        self.repo.publish("a", "b", "targets", "snapshot", "timestamp")
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("a/file", "b/file"), 0, self.said)
        for changed, asked in (((), []), (("timestamp",), []), (("snapshot", "timestamp"), [("snapshot", 3)]),
                               (("b", "snapshot", "timestamp"), [("snapshot", 4), ("b", 2)]),
                               (("targets", "snapshot", "timestamp"), [("snapshot", 5), ("targets", 3)])):
            with self.subTest(changed):
                self.repo.publish(*changed)
                self.repo.requests.clear()
                self.assertEqual(self.download("a/file", "b/file"), 0, self.said)
                self.assertEqual(self.repo.requests, FULL[:2] + asked)

    def test_init_uses_no_network_and_refuses_a_root_that_is_not_signed(self):
        for damage in (lambda f: f["signed"].pop("version"), lambda f: f["signatures"][0].update(sig="00" * 70)):
            root = json.loads(self.repo.served["root"][0])
            damage(root)
            self.assertEqual(self.init(json.dumps(root).encode()), 1)
            self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.repo.requests, [])

    def test_unsigned_roles_stop_there_and_keep_what_came_before(self):
        expected = {"root": {"root": 1}, "timestamp": {"root": 2}, "snapshot": {"root": 2, "timestamp": 2},
                    "targets": {"root": 2, "snapshot": 2, "timestamp": 2}}
        for role, trusted in expected.items():
            with self.subTest(role):
                self.setUp()
                self.repo.signers[role].popitem()
                self.repo.publish("root", "targets", "snapshot", "timestamp")
                self.assertEqual(self.init(), 0)
                self.assertEqual(self.refresh(), 1)
                self.assertEqual(self.trusted(), trusted)

    def test_version_in_the_file_must_be_that_of_the_url(self):
        expected = {"root": {"root": 1}, "snapshot": {"root": 2, "timestamp": 2},
                    "targets": {"root": 2, "snapshot": 2, "timestamp": 2}}
        for role, trusted in expected.items():
            with self.subTest(role):
                self.setUp()
                self.repo.signed[role]["version"] += 1
                self.repo.publish("root", "targets", "snapshot", "timestamp")
                if role != "root":
                    parent = "timestamp" if role == "snapshot" else "snapshot"
                    self.repo.signed[parent]["meta"][f"{role}.json"]["version"] = 2
                    self.repo.served[parent][-1] = self.repo.sign(parent)
                self.assertEqual(self.init(), 0)
                self.assertEqual(self.refresh(), 1)
                self.assertEqual(self.trusted(), trusted)

    def test_same_timestamp_version_with_other_content_is_ignored(self):
        self.begin()
        self.repo.timestamp["meta"]["snapshot.json"]["version"] = 100
        self.repo.restart("timestamp")
        self.repo.publish("timestamp")
        self.assertEqual(self.refresh(), 0)
        self.assertEqual(self.repo.requests[-1], ("timestamp", None))
        self.assertEqual(json.loads((self.metadata / "timestamp.json").read_text())["signed"]["meta"]["snapshot.json"],
                         {"version": 1})

    def test_hashes_and_lengths_are_checked(self):
        self.repo.with_hashes = True
        self.repo.publish_all()
        self.begin()
        self.repo.publish("targets")
        self.repo.snapshot["meta"]["targets.json"]["hashes"]["sha256"] = "46" * 32
        self.repo.publish("snapshot", "timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertEqual((self.trusted()["snapshot"], self.trusted()["targets"]), (3, 2))

    def test_missing_files(self):
        self.begin()
        self.repo.timestamp["meta"]["snapshot.json"]["version"] += 1
        self.repo.publish("timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.repo.requests[-1], ("snapshot", 2))
        self.assertEqual(self.trusted(), {"root": 1, "snapshot": 1, "targets": 1, "timestamp": 2})
        del self.repo.served["timestamp"]
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.repo.requests[-1], ("timestamp", None))

    def test_missing_targets_leave_the_snapshot_that_names_them(self):
        self.begin()
        self.repo.snapshot["meta"]["targets.json"]["version"] += 1
        self.repo.publish("snapshot", "timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.repo.requests[-1], ("targets", 2))
        self.assertEqual(self.trusted(), {"root": 1, "snapshot": 2, "targets": 1, "timestamp": 2})

    def test_a_server_of_http_1_0_that_closes_each_connection(self):
        self.addCleanup(setattr, Handler, "protocol_version", Handler.protocol_version)
        Handler.protocol_version = "HTTP/1.0"
        self.begin()
        self.assertEqual(self.repo.requests, FULL)

    def test_versions_of_the_specification(self):
        for spec, good in (("1.0", True), ("1.0.0", True), ("1.31.7", True), ("2.0.0", False), ("0.9.0", False),
                           ("1", False), ("v1.0.0", False), ("1.0.0-beta", False)):
            with self.subTest(spec):
                self.setUp()
                for role in TOP:
                    self.repo.signed[role]["spec_version"] = spec
                self.repo.publish("targets", "snapshot", "timestamp", "root")
                self.assertEqual(self.init(), 0)
                self.assertEqual(self.refresh(), 0 if good else 1)
                self.assertEqual(self.trusted()["root"], 2 if good else 1)

    def test_metadata_of_another_type_is_refused(self):
        self.assertEqual(self.init(), 0)
        self.repo.add_key("snapshot", next(iter(self.repo.signers["timestamp"].values())))
        self.repo.snapshot["meta"] = {"snapshot.json": {"version": 1}}
        self.repo.publish("root", "snapshot")
        self.repo.served["timestamp"].append(self.repo.served["snapshot"].pop())
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.trusted(), {"root": 2})

    def test_unknown_members_are_part_of_what_is_signed(self):
        self.begin()
        signer = Signer()
        signer.key["extra"] = {"a": 1, "b": [None, True, "\u00fc\\\"\n"]}
        self.repo.root["custom-member"] = "value"
        self.repo.add_key("root", signer)
        self.repo.root["roles"]["root"]["another"] = -7
        self.repo.publish("root")
        self.assertEqual(self.refresh(), 0, self.said)
        self.assertEqual(self.trusted()["root"], 2)

    def test_key_ids_are_only_names(self):
        self.begin()
        keyid = self.repo.root["roles"]["snapshot"]["keyids"][0]
        self.repo.root["keys"][keyid]["keyid_hash_algorithms"] = ["md5"]
        self.repo.publish("root")
        self.assertEqual(self.refresh(), 0)
        self.assertEqual(self.trusted()["root"], 2)

    def test_without_consistent_snapshots(self):
        self.repo.root["consistent_snapshot"] = False
        self.repo.add_artifact("targets", b"data", "some/file")
        self.repo.publish("root", "targets", "snapshot", "timestamp")
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("some/file"), 0, self.said)
        self.assertEqual(self.repo.requests, [("root", 2), ("root", 3), ("timestamp", None), ("snapshot", None),
                                              ("targets", None), ("some/file", None)])
        self.assertEqual(self.downloads(), [b"data"])

    def test_other_answers_than_403_and_404_for_a_root_are_failures(self):
        self.begin()
        fetch = self.repo.fetch
        for status, code in ((403, 0), (404, 0), (500, 1), (503, 1)):
            self.repo.fetch = lambda path: status if path.endswith(".root.json") else fetch(path)
            self.assertEqual(self.refresh(), code, status)

    def test_endless_and_too_long_files_are_cut(self):
        self.begin()
        self.repo.publish("timestamp")
        self.repo.served["timestamp"][-1] += b" " * 16384
        self.assertEqual(self.refresh(), 1)
        self.assertIn("tampered", self.said)
        self.assertEqual(self.trusted()["timestamp"], 1)


class Json(Case):
    def bad(self, text):
        self.assertEqual(self.init(), 0)
        self.repo.served["timestamp"][-1] = text
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.trusted(), {"root": 1})

    def test_null_and_other_wrong_types(self):
        for change in (lambda s: s["meta"]["snapshot.json"].update(length=None),
                       lambda s: s["meta"]["snapshot.json"].update(hashes={}),
                       lambda s: s["meta"]["snapshot.json"].update(hashes=None),
                       lambda s: s["meta"]["snapshot.json"].update(version=0),
                       lambda s: s["meta"].clear(), lambda s: s.update(version=None), lambda s: s.update(expires="soon"),
                       lambda s: s.update(expires=date(30)[:-1] + ".5Z"), lambda s: s.update(spec_version="2.0.0")):
            self.setUp()
            change(self.repo.timestamp)
            self.bad(self.repo.sign("timestamp"))

    def test_a_name_twice(self):
        text = self.repo.served["timestamp"][-1].decode()
        self.bad(text.replace('"version": 1\n', '"version": 1, "version": 1\n', 1).encode())

    def test_not_json(self):
        for text in (b"", b"null", b"[]", b"{", b"\xff", b'{"signed": 1, "signatures": []}', b"[" * 100000):
            self.setUp()
            self.bad(text)


class Rollback(Case):
    def test_timestamp(self):
        self.repo.publish("timestamp")
        self.begin()
        self.repo.restart("timestamp")
        self.repo.publish("timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.trusted()["timestamp"], 2)
        self.assertEqual(self.repo.requests[-1], ("timestamp", None))

    def test_timestamp_when_the_stored_one_is_gone(self):
        self.repo.publish("timestamp")
        self.begin()
        (self.metadata / "timestamp.json").unlink()
        self.repo.restart("timestamp")
        self.repo.publish("timestamp")
        self.assertEqual(self.refresh(), 1)

    def test_snapshot(self):
        for hashes in (False, True):
            with self.subTest(hashes=hashes):
                self.setUp()
                self.repo.with_hashes = hashes
                self.repo.publish("snapshot", "timestamp")
                self.begin()
                self.repo.restart("snapshot")
                self.repo.publish("snapshot", "timestamp")
                self.assertEqual(self.refresh(), 1)
                self.assertEqual((self.trusted()["timestamp"], self.trusted()["snapshot"]), (2, 2))
                self.assertEqual(self.repo.requests[-1], ("timestamp", None))

    def test_targets(self):
        for hashes in (False, True):
            with self.subTest(hashes=hashes):
                self.setUp()
                self.repo.with_hashes = hashes
                self.repo.publish_all()
                self.begin()
                self.repo.restart("targets")
                self.repo.publish_all()
                self.assertEqual(self.refresh(), 1)
                self.assertEqual((self.trusted()["snapshot"], self.trusted()["targets"]), (2, 2))

    def test_a_role_that_vanishes_from_the_snapshot(self):
        self.repo.delegate("targets", "a")
        self.repo.publish("a", "targets", "snapshot", "timestamp")
        self.begin()
        del self.repo.snapshot["meta"]["a.json"]
        self.repo.publish("snapshot", "timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.trusted()["snapshot"], 2)

    def test_snapshot_that_no_timestamp_names_is_not_asked_for(self):
        self.repo.publish("snapshot", "timestamp")
        self.begin()
        self.repo.publish("snapshot")
        self.assertEqual(self.refresh(), 0)
        self.assertEqual(self.trusted()["snapshot"], 2)
        self.assertEqual(self.repo.requests[-1], ("timestamp", None))

    def test_fast_forward_recovery_of_each_role(self):
        for role, rotated in (("timestamp", ["timestamp"]), ("snapshot", ["snapshot", "timestamp"]), ("targets", ["snapshot"])):
            with self.subTest(role):
                self.setUp()
                for _ in range(9):
                    self.repo.publish(role)
                self.repo.publish(*[r for r in ("snapshot", "timestamp") if r != role])
                self.begin()
                self.assertEqual(self.trusted()[role], 10)
                for one in rotated:
                    self.repo.rotate(one)
                self.repo.restart(role)
                self.repo.publish("root", "targets", "snapshot", "timestamp")
                self.assertEqual(self.refresh(), 0, self.said)
                self.assertEqual(self.trusted()[role], 1)

    def test_an_added_key_is_no_rotation(self):
        self.repo.publish("timestamp")
        self.begin()
        self.repo.add_key("timestamp")
        self.repo.restart("timestamp")
        self.repo.publish("root", "timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.trusted()["timestamp"], 2)


class Expiry(Case):
    def test_root_is_stored_first(self):
        self.begin()
        self.repo.root["expires"] = date(-1)
        self.repo.publish("root")
        self.repo.publish_all()
        self.assertEqual(self.refresh(), 1)
        self.assertIn("expired", self.said)
        self.assertEqual(self.trusted(), {"root": 2, "snapshot": 1, "targets": 1, "timestamp": 1})

    def test_an_expired_root_in_the_middle_does_not_matter(self):
        expires = self.repo.root["expires"]
        self.repo.root["expires"] = date(-1)
        self.repo.publish("root")
        self.repo.root["expires"] = expires
        self.repo.publish("root")
        self.begin()
        self.assertEqual(self.trusted()["root"], 3)

    def test_expired_new_files_are_not_stored(self):
        expected = {"timestamp": {"root": 1, "snapshot": 1, "targets": 1, "timestamp": 1},
                    "snapshot": {"root": 1, "snapshot": 1, "targets": 1, "timestamp": 2},
                    "targets": {"root": 1, "snapshot": 2, "targets": 1, "timestamp": 2}}
        for role, trusted in expected.items():
            with self.subTest(role):
                self.setUp()
                self.begin()
                self.repo.signed[role]["expires"] = date(-5)
                self.repo.publish(*["targets", "snapshot", "timestamp"][["targets", "snapshot", "timestamp"].index(role):])
                self.assertEqual(self.refresh(), 1)
                self.assertEqual(self.trusted(), trusted)

    def test_expired_stored_files_still_protect_and_can_be_renewed(self):
        self.repo.timestamp["expires"] = date(7)
        self.repo.publish("timestamp")
        self.begin()
        self.repo.timestamp["expires"] = date(21)
        self.repo.publish_all()
        self.assertEqual(self.refresh(days=18), 0, self.said)
        self.assertEqual((self.trusted()["timestamp"], self.trusted()["targets"]), (3, 2))
        self.repo.restart("timestamp")
        self.repo.publish("timestamp")
        self.assertEqual(self.refresh(days=25), 1)
        self.assertEqual(self.trusted()["timestamp"], 3)

    def test_an_expired_stored_root_can_be_renewed(self):
        self.repo.root["expires"] = date(7)
        self.repo.publish("root")
        self.begin()
        self.repo.root["expires"] = date(21)
        self.repo.publish("root")
        self.assertEqual(self.refresh(days=18), 0, self.said)
        self.assertEqual(self.trusted()["root"], 3)

    def test_a_clock_far_behind_is_believed_where_nothing_signed_contradicts_it(self):
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.refresh(days=-700), 0, self.said)
        self.assertEqual(self.refresh(), 0, self.said)

    def test_each_role_when_time_goes_by(self):
        for role in TOP:
            with self.subTest(role):
                self.setUp()
                self.repo.signed[role]["expires"] = date(7)
                self.repo.publish("root", "targets", "snapshot", "timestamp")
                self.begin()
                self.assertEqual(self.refresh(days=8), 1)
                self.assertEqual(self.refresh(), 0)

    def test_delegated(self):
        self.repo.delegate("targets", "delegated", ["delegatedpath/*"])
        self.repo.signed["delegated"]["expires"] = date(7)
        self.repo.add_artifact("delegated", b"first", "delegatedpath/first")
        self.repo.add_artifact("delegated", b"second", "delegatedpath/second")
        self.repo.publish("delegated", "targets", "snapshot", "timestamp")
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("delegatedpath/first"), 0, self.said)
        self.assertEqual(self.download("delegatedpath/second", days=18), 1)
        self.assertEqual(self.downloads(), [b"first"])
        self.repo.signed["delegated"]["expires"] = date(21)
        self.repo.publish("delegated", "snapshot", "timestamp")
        self.assertEqual(self.download("delegatedpath/second", days=18), 0, self.said)
        self.assertEqual(self.downloads(), [b"first", b"second"])

    def test_expired_delegated_is_not_stored(self):
        self.repo.delegate("targets", "delegated")
        self.repo.signed["delegated"]["expires"] = date(-1)
        self.repo.add_artifact("delegated", b"x", "x")
        self.repo.publish("delegated", "targets", "snapshot", "timestamp")
        self.begin()
        self.assertEqual(self.download("x"), 1)
        self.assertEqual(self.downloads(), [])
        self.assertEqual(self.trusted(), {"root": 1, "snapshot": 2, "targets": 2, "timestamp": 2})


class KeysAndThresholds(Case):
    def test_each_kind_of_key(self):
        for kind, keytype in (("rsa", None), ("ecdsa", None), ("ecdsa", "ecdsa-sha2-nistp256"), ("ed25519", None)):
            with self.subTest(kind=kind, keytype=keytype):
                self.setUp()
                self.assertEqual(self.init(), 0)
                signer = self.repo.add_key("root", Signer(kind, keytype))
                self.repo.root["roles"]["root"]["threshold"] = 2
                self.repo.publish("root")
                self.assertEqual(self.refresh(), 0, self.said)
                self.assertEqual(self.trusted()["root"], 2)
                self.repo.publish("root")
                self.replace_signed("root", lambda f: [s.update(sig=s["sig"][:-2] + ("00" if s["sig"][-2:] != "00" else "01"))
                                                       for s in f["signatures"] if s["keyid"] == signer.keyid])
                self.assertEqual(self.refresh(), 1)
                self.assertEqual(self.trusted()["root"], 2)

    def test_too_few_signatures(self):
        self.repo.root["roles"]["snapshot"]["threshold"] = 3
        self.repo.add_key("snapshot")
        self.repo.add_key("snapshot")
        self.repo.publish("root", "targets", "snapshot", "timestamp")
        self.begin()
        self.repo.signers["snapshot"].popitem()
        self.repo.publish_all()
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.trusted()["snapshot"], 2)

    def test_more_keys_needed_than_there_are(self):
        self.assertEqual(self.init(), 0)
        self.repo.root["roles"]["snapshot"]["threshold"] = 6
        self.repo.publish("root", "snapshot", "timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.trusted(), {"root": 2, "timestamp": 2})

    def test_two_signatures_of_one_key_id_refuse_the_file(self):
        self.assertEqual(self.init(), 0)
        self.replace_signed("snapshot", lambda f: f["signatures"].append(f["signatures"][0]))
        self.assertEqual(self.refresh(), 1)
        self.assertEqual(self.trusted(), {"root": 1, "timestamp": 1})

    def test_one_key_under_two_ids_counts_once(self):
        self.assertEqual(self.init(), 0)
        signer = next(iter(self.repo.signers["snapshot"].values()))
        for number in range(3):
            alias = Signer()
            alias.private, alias.key = signer.private, dict(signer.key, number=number)
            self.repo.add_key("snapshot", alias)
        self.repo.root["roles"]["snapshot"]["threshold"] = 2
        self.repo.publish("root", "snapshot", "timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertNotIn("snapshot", self.trusted())

    def test_key_ids_twice_in_a_role_do_not_help(self):
        self.assertEqual(self.init(), 0)
        self.repo.root["roles"]["snapshot"]["keyids"] *= 9
        self.repo.root["roles"]["snapshot"]["threshold"] = 6
        self.repo.publish("root", "snapshot", "timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertNotIn("snapshot", self.trusted())

    def test_threshold_below_one_is_refused(self):
        for threshold in (0, -1, "1", None):
            self.setUp()
            self.assertEqual(self.init(), 0)
            self.repo.root["roles"]["snapshot"]["threshold"] = threshold
            self.repo.publish("root")
            self.assertEqual(self.refresh(), 1)
            self.assertEqual(self.trusted(), {"root": 1})

    def test_wrong_signatures_beside_enough_right_ones_do_no_harm(self):
        self.assertEqual(self.init(), 0)
        first = next(iter(self.repo.signers["timestamp"]))
        self.repo.add_key("timestamp")
        for bad in ("00" * 70, "", "nothing of hexadecimal"):
            self.repo.publish("root", "timestamp")
            self.replace_signed("timestamp", lambda f: [s.update(sig=bad) for s in f["signatures"] if s["keyid"] == first])
            self.assertEqual(self.refresh(), 0, self.said)

    def test_a_kind_of_key_that_is_not_known_verifies_nothing_and_does_no_harm(self):
        self.assertEqual(self.init(), 0)
        self.repo.root["keys"]["future"] = {"keytype": "ml-dsa", "scheme": "ml-dsa-65", "keyval": {"public": "00"}}
        self.repo.root["roles"]["timestamp"]["keyids"].append("future")
        self.repo.root["roles"]["timestamp"]["keyids"].append("key that is nowhere")
        self.repo.publish("root")
        self.assertEqual(self.refresh(), 0, self.said)

    def test_values_of_an_unknown_kind_of_key_are_its_own_business(self):
        def unknown():
            return {"identity": {"keytype": "sigstore-oidc", "scheme": "Fulcio", "keyval": {"identity": "me", "issuer": "you"}},
                    "odd": {"keytype": "ed25519", "scheme": "ed25519-of-tomorrow", "keyval": {"public": 7}}}
        self.repo.root["keys"].update(unknown())
        self.repo.root["roles"]["targets"]["keyids"] += list(unknown())
        self.repo.delegate("targets", "a")
        self.repo.targets["delegations"]["keys"].update(unknown())
        self.repo.targets["delegations"]["roles"][0]["keyids"] += list(unknown())
        self.repo.publish("root", "a", "targets", "snapshot", "timestamp")
        self.begin()
        self.assertEqual(self.download("nothing"), 1)
        self.assertEqual(set(self.trusted()), {*TOP, "a"})
        self.repo.root["roles"]["targets"]["threshold"] = 2
        self.repo.publish("root", "targets", "snapshot", "timestamp")
        self.assertEqual(self.refresh(), 1)
        self.assertEqual((self.trusted()["root"], self.trusted()["targets"]), (3, 2))

    def test_a_key_that_is_none_verifies_nothing_and_does_no_harm(self):
        self.assertEqual(self.init(), 0)
        for number, (kind, public) in enumerate((("ed25519", "zz"), ("ed25519", "00" * 31), ("ecdsa", "no PEM"), ("rsa", ""))):
            key = dict(Signer(kind).key, keyval={"public": public})
            self.repo.root["keys"][f"bad {number}"] = key
            self.repo.root["roles"]["timestamp"]["keyids"].append(f"bad {number}")
        self.repo.publish("root")
        self.assertEqual(self.refresh(), 0, self.said)
        self.assertEqual(self.trusted()["root"], 2)


class Rotation(Case):
    CASES = {  # versions of (keys, threshold, signers), and whether the last is acceptable
        "key": ([([1], 1, [1]), ([2], 1, [2, 1]), ([2], 1, [2])], True),
        "unused signatures": ([([1], 1, [3, 1, 4]), ([2], 1, [3, 2, 1, 4]), ([2], 1, [3, 2, 4])], True),
        "3 of 5": ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 2, 3, 4], 3, [0, 4, 1])], True),
        "3 of 5, one rotated": ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 4, 1])], True),
        "3 of 5, all": ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([5, 6, 7, 8, 9], 3, [0, 2, 4, 5, 6, 7])], True),
        "threshold up": ([([1], 1, [1]), ([1, 2], 2, [1, 2])], True),
        "threshold down": ([([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1, 2]), ([1, 2, 3], 1, [1])], True),
        "not the old key": ([([1], 1, [1]), ([2], 1, [2, 3, 4])], False),
        "not the new key": ([([1], 1, [1]), ([2], 1, [1, 3, 4])], False),
        "not 3 new": ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 2, 4])], False),
        "not 3 old": ([([0, 1, 2, 3, 4], 3, [0, 2, 4]), ([0, 1, 3, 4, 5], 3, [0, 4, 5])], False),
        "new threshold": ([([1, 2, 3], 1, [1]), ([1, 2, 3], 2, [2])], False),
        "old threshold": ([([1, 2, 3], 2, [1, 2]), ([1, 2, 3], 1, [1])], False),
    }

    def test_root(self):
        signers = [Signer("ed25519") for _ in range(10)]
        for name, (versions, good) in self.CASES.items():
            with self.subTest(name):
                self.setUp()
                self.repo.restart("root")
                for keys, threshold, by in versions:
                    self.repo.root["roles"]["root"] = {"keyids": [], "threshold": threshold}
                    self.repo.signers["root"] = {}
                    for key in keys:
                        self.repo.add_key("root", signers[key])
                    self.repo.signers["root"] = {signers[i].keyid: signers[i] for i in by}
                    self.repo.publish("root")
                self.assertEqual(self.init(), 0)
                self.assertEqual(self.refresh(), 0 if good else 1, self.said)
                self.assertEqual((self.metadata / "root.json").read_bytes(), self.repo.served["root"][-1 if good else -2])

    def test_forty_roots(self):
        for _ in range(40):
            old = dict(self.repo.signers["root"])
            self.repo.rotate("root")
            self.repo.signers["root"].update(old)
            self.repo.publish("root")
            for keyid in old:
                del self.repo.signers["root"][keyid]
        self.begin()
        self.assertEqual(self.trusted()["root"], 41)

    ROLE_CASES = {  # keys, threshold, signers, and whether that is enough
        "key": ([2], 1, [2], True),
        "unused signatures": ([1], 1, [3, 1, 4], True),
        "not the new key": ([2], 1, [1, 3, 4], False),
        "one of the wrong": ([0, 1, 3, 4, 5], 3, [0, 2, 4], False),
        "too few": ([0, 1, 3, 4, 5], 3, [0, 4], False),
        "3 of 5": ([0, 1, 2, 3, 4], 3, [4, 1, 2], True),
    }

    def test_other_roles(self):
        signers = [Signer("ed25519") for _ in range(6)]
        for name, (keys, threshold, by, good) in self.ROLE_CASES.items():
            with self.subTest(name):
                self.setUp()
                self.assertEqual(self.init(), 0)
                for role in ("timestamp", "snapshot", "targets"):
                    self.repo.root["roles"][role] = {"keyids": [], "threshold": threshold}
                    for key in keys:
                        self.repo.add_key(role, signers[key])
                    self.repo.signers[role] = {signers[i].keyid: signers[i] for i in by}
                    self.repo.publish("root", "targets", "snapshot", "timestamp")
                    self.assertEqual(self.refresh(), 0 if good else 1, self.said)
                    stored = self.metadata / f"{role}.json"
                    self.assertEqual(stored.exists() and stored.read_bytes() == self.repo.served[role][-1], good)

    def test_what_withdrawn_keys_signed_is_refused(self):
        for role in ("timestamp", "snapshot", "targets"):
            with self.subTest(role):
                self.setUp()
                self.begin()
                withdrawn = dict(self.repo.signers[role])
                self.repo.rotate(role)
                self.repo.publish("root", "targets", "snapshot", "timestamp")
                self.assertEqual(self.refresh(), 0, self.said)
                self.repo.signers[role] = withdrawn
                self.repo.publish_all()
                self.assertEqual(self.refresh(), 1)

    def test_same_version_signed_anew_by_the_new_key(self):
        for role in ("timestamp", "snapshot", "targets"):
            with self.subTest(role):
                self.setUp()
                self.begin()
                self.repo.rotate(role)
                self.repo.publish("root")
                self.repo.served[role][-1] = self.repo.sign(role)
                self.assertEqual(self.refresh(), 0, self.said)
                self.assertEqual((self.metadata / f"{role}.json").read_bytes(), self.repo.served[role][-1])

    def test_at_most_256_roots_at_a_time(self):
        for _ in range(258):
            self.repo.publish("root")
        self.begin()
        self.assertEqual(self.trusted()["root"], 257)
        self.assertEqual(self.repo.requests[256:], [("timestamp", None), ("snapshot", 1), ("targets", 1)])
        self.assertEqual(self.refresh(), 0)
        self.assertEqual(self.trusted()["root"], 259)


class Delegations(Case):
    GRAPHS = {
        "one level": ([("targets", "A"), ("targets", "B")], ["A", "B"]),
        "depth first": ([("targets", "A"), ("targets", "B"), ("A", "C"), ("A", "D")], ["A", "C", "D", "B"]),
        "three levels": ([("targets", "A"), ("targets", "B"), ("A", "C"), ("C", "D")], ["A", "C", "D", "B"]),
        "terminating": ([("targets", "A"), ("targets", "B"), ("A", "C", ["*"], True), ("A", "D")], ["A", "C"]),
        "below terminating": ([("targets", "A"), ("targets", "B"), ("A", "C", ["*"], True), ("C", "D")], ["A", "C", "D"]),
        "other paths": ([("targets", "A", ["*.py"]), ("targets", "B"), ("A", "C")], ["B"]),
        "cycle": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("C", "D"), ("D", "B")], ["A", "B", "C", "D"]),
        "two ways": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C")], ["A", "C", "B"]),
        "two ways, one open": ([("targets", "A"), ("targets", "B"), ("B", "C"), ("A", "C", ["*.py"])], ["A", "B", "C"]),
    }

    def build(self, edges):
        for edge in edges:
            delegator, role, paths, terminating = (*edge, ["*"], False)[:4] if len(edge) == 2 else (*edge, False)[:4]
            self.repo.delegate(delegator, role, paths, terminating=terminating)
        names = {e[0] for e in edges} | {e[1] for e in edges}
        self.repo.publish(*sorted(names), "snapshot", "timestamp")

    def test_order(self):
        for name, (edges, visited) in self.GRAPHS.items():
            with self.subTest(name):
                self.setUp()
                self.assertEqual(self.init(), 0)
                self.build(edges)
                self.assertEqual(self.download("missingpath"), 1)
                self.assertEqual(self.repo.requests[4:], [(role, 1) for role in visited])

    FOUND = {  # content, and the delegated roles that are asked on the way
        "file": (b"by targets", []), "README.md": (b"README by A", ["A"]), "foo-1.tgz": (b"foo by A", ["A"]),
        "releases/x/x_v1": (b"x by C", ["B", "C"]), "releases/y/y_v1.zip": (b"y by D", ["B", "D"]),
        "releases/z/z_v1.zip": (None, ["B"]), "releases/README.md": (None, []), "foo-alpha.tgz": (None, []),
        "README.MD": (None, []), "/README.md": (None, []), "releases/x/y/z": (None, []),
    }

    def test_paths(self):
        for path, (content, visited) in self.FOUND.items():
            with self.subTest(path):
                self.setUp()
                self.assertEqual(self.init(), 0)
                self.build([("targets", "A", ["*.doc", "*.md", "foo-?.tgz"]), ("targets", "B", ["releases/*/*"]),
                            ("B", "C", ["releases/x/*"]), ("B", "D", ["releases/y/*.zip"])])
                self.repo.add_artifact("targets", b"by targets", "file")
                for name in ("README.md", "releases/README.md", "README.MD", "/README.md"):
                    self.repo.add_artifact("A", b"README by A", name)
                for name in ("foo-1.tgz", "foo-alpha.tgz"):
                    self.repo.add_artifact("A", b"foo by A", name)
                self.repo.add_artifact("C", b"x by C", "releases/x/x_v1")
                self.repo.add_artifact("D", b"y by D", "releases/y/y_v1.zip")
                self.repo.add_artifact("D", b"z by D", "releases/z/z_v1.zip")
                self.repo.publish("A", "C", "D", "targets", "snapshot", "timestamp")
                self.assertEqual(self.download(path), 0 if content else 1, self.said)
                self.assertEqual(self.downloads(), [content] if content else [])
                self.assertEqual([role for role, _ in self.repo.requests[4:] if role != path], visited)

    def test_a_role_that_the_snapshot_does_not_list_is_not_asked(self):
        self.assertEqual(self.init(), 0)
        self.repo.delegate("targets", "delegated", ["delegatedpath/*"])
        self.repo.publish("delegated", "targets")
        del self.repo.snapshot["meta"]["delegated.json"]
        self.repo.publish("snapshot", "timestamp")
        self.assertEqual(self.refresh(), 0, self.said)
        self.repo.requests.clear()
        self.assertEqual(self.download("delegatedpath/foo"), 1)
        self.assertEqual(self.repo.requests, FULL[:2])
        self.assertEqual(set(self.trusted()), set(TOP))

    def test_hash_prefixes(self):
        self.assertEqual(self.init(), 0)
        digest = hashlib.sha256(b"wanted").hexdigest()
        other = ("0" if digest[0] != "0" else "1") + digest[1:2]
        self.repo.delegate("targets", "other", prefixes=[other])
        self.repo.delegate("targets", "right", prefixes=["zz", digest[:3]])
        self.repo.add_artifact("other", b"bad", "wanted")
        self.repo.add_artifact("right", b"good", "wanted")
        self.repo.publish("other", "right", "targets", "snapshot", "timestamp")
        self.assertEqual(self.download("wanted"), 0, self.said)
        self.assertEqual(self.downloads(), [b"good"])

    def test_hash_bins(self):
        for bits, path, bin_ in ((1, "boo", "bin-0"), (1, "foo", "bin-0"), (3, "bar", "bin-7"), (8, "bar", "bin-fc")):
            digest = hashlib.sha256(path.encode()).digest()
            number = int.from_bytes(digest[:4], "big") >> (32 - bits)
            expected = f"bin-{number:0{len(f'{2 ** bits - 1:x}')}x}"
            with self.subTest(bits=bits, path=path):
                self.setUp()
                self.assertEqual(self.init(), 0)
                self.repo.succinct("targets", bits, "bin")
                self.repo.publish("targets", "snapshot", "timestamp")
                self.assertEqual(self.download(path), 1)
                self.assertEqual(self.repo.requests[4:], [(expected, 1)])
                self.assertEqual(set(self.trusted()), {*TOP, expected})
                self.repo.add_artifact(expected, b"data", path)
                self.repo.publish(expected, "snapshot", "timestamp")
                self.assertEqual(self.download(path), 0, self.said)
                self.assertEqual(self.downloads(), [b"data"])

    def test_each_delegator_vouches_with_its_own_keys(self):
        self.assertEqual(self.init(), 0)
        self.build([("targets", "A", ["a/*"]), ("targets", "B", ["b/*"]), ("A", "C", ["a/*"])])
        self.repo.signed["B"]["delegations"] = {"keys": {}, "roles": [
            {"name": "C", "keyids": [], "threshold": 1, "terminating": False, "paths": ["b/*"]}]}
        stranger = Signer()
        self.repo.signed["B"]["delegations"]["keys"][stranger.keyid] = stranger.key
        self.repo.signed["B"]["delegations"]["roles"][0]["keyids"] = [stranger.keyid]
        self.repo.add_artifact("C", b"a", "a/file")
        self.repo.add_artifact("C", b"b", "b/file")
        self.repo.publish("B", "C", "snapshot", "timestamp")
        self.assertEqual(self.download("a/file", "b/file"), 1)
        self.assertEqual(self.downloads(), [b"a"])

    def test_unusual_names(self):
        for role in ("?", "#", "/delegatedrole", "../delegatedrole", "%", "a b", "..", "\u00e4\u0000", "x" * 300):
            with self.subTest(role):
                self.setUp()
                self.assertEqual(self.init(), 0)
                self.repo.delegate("targets", role)
                self.repo.publish(role, "targets", "snapshot", "timestamp")
                self.assertEqual(self.download("nonexistent target"), 1)
                self.assertIn((urllib.parse.quote(role, ""), 1), self.repo.requests)
                self.assertEqual(len(self.trusted()), 5)
                self.assertEqual(sorted(os.listdir(self.folder.name)), ["metadata", "targets", "trusted.json"])

    def test_wrong_delegations_are_refused(self):
        def bits(value):
            return {"keys": {}, "succinct_roles": {"keyids": [], "threshold": 1, "bit_length": value, "name_prefix": "b"}}
        role = {"name": "A", "keyids": [], "threshold": 1, "terminating": False, "paths": ["*"]}
        wrong = [bits(0), bits(33), bits(-1), bits("8"), {"keys": {}}, dict(bits(1), roles=[role]),
                 {"keys": {}, "roles": [role, role]}, {"keys": {}, "roles": [dict(role, path_hash_prefixes=["0"])]},
                 {"keys": {}, "roles": [dict(role, name="timestamp")]}, {"keys": {}, "roles": [dict(role, name="")]},
                 {"keys": {}, "roles": [dict(role, threshold=0)]}, {"keys": {}, "roles": None}]
        for delegations in wrong:
            with self.subTest(delegations):
                self.setUp()
                self.assertEqual(self.init(), 0)
                self.repo.targets["delegations"] = delegations
                self.repo.publish_all()
                self.assertEqual(self.refresh(), 1)
                self.assertNotIn("targets", self.trusted())

    def test_at_most_32_delegated_roles_are_asked(self):
        self.assertEqual(self.init(), 0)
        self.build([("targets", f"role-{i:02}") for i in range(40)])
        self.assertEqual(self.download("missing"), 1)
        self.assertEqual(self.repo.requests[4:], [(f"role-{i:02}", 1) for i in range(32)])


class Downloads(Case):
    def publish(self, files, algorithms=("sha256",)):
        for path, data in files.items():
            self.repo.add_artifact("targets", data, path, algorithms)
        self.repo.publish_all()

    def test_refresh_comes_first(self):
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("nonexistent artifact"), 1)
        self.assertEqual(self.repo.requests, FULL)
        self.assertEqual(set(self.trusted()), set(TOP))

    def test_several_names_in_turn_until_one_fails(self):
        self.publish({"a": b"A", "dir/b": b"B", "c": b"C"})
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("a", "dir/b", "missing", "c"), 1)
        self.assertEqual(self.downloads(), [b"A", b"B"])
        self.assertEqual(self.repo.requests.count(("timestamp", None)), 1)

    def test_an_intact_copy_is_not_fetched_again(self):
        self.publish({"a": b"A"})
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("a"), 0)
        self.repo.requests.clear()
        self.assertEqual(self.download("a"), 0)
        self.assertEqual(self.repo.requests, FULL[:2])
        next(self.targets.iterdir()).write_bytes(b"B")
        self.assertEqual(self.download("a"), 0)
        self.assertEqual(self.downloads(), [b"A"])

    def test_other_content_than_promised(self):
        self.publish({"a": b"target", "b": b"other"})
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("a"), 0)
        for bad in (b"tarGet", b"targe", b"target+", b"x" * 1000000, b""):
            self.repo.artifacts["a"] = self.repo.artifacts["b"] = bad
            self.assertEqual(self.download("a"), 0)
            self.assertEqual(self.download("b"), 1)
            self.assertEqual(self.downloads(), [b"target"])
            self.assertEqual(len(list(self.targets.rglob("*"))), 1)

    def test_new_versions_replace_the_file(self):
        self.assertEqual(self.init(), 0)
        others = []
        for number in range(12):
            self.publish({"a": b"version %d" % number, f"other-{number}": b"other %d" % number})
            if number % 5:
                continue  # not every version is seen
            self.assertEqual(self.download("a"), 0)
            self.assertEqual(self.downloads(), [*others, b"version %d" % number])
            self.assertEqual(self.download(f"other-{number}"), 0)
            self.repo.artifacts["a"] = b"malicious"
            self.repo.publish_all()
            self.assertEqual(self.download("a"), 0)
            self.assertEqual(self.downloads(), [*others, b"version %d" % number, b"other %d" % number])
            others.append(b"other %d" % number)

    def test_hash_algorithms(self):
        for algorithms in (["sha256"], ["sha512"], ["sha256", "sha512"], ["sha384"]):
            self.setUp()
            self.publish({"a": b"data"}, algorithms)
            self.assertEqual(self.init(), 0)
            self.assertEqual(self.download("a"), 0, self.said)
            self.assertIn(self.repo.requests[-1], [("a", h) for h in self.repo.targets["targets"]["a"]["hashes"].values()])

    def test_unknown_and_missing_hashes(self):
        for hashes in ({"unknown-hash": "00" * 32}, {}, None):
            self.setUp()
            self.repo.add_artifact("targets", b"data", "a")
            self.repo.targets["targets"]["a"]["hashes"] = hashes
            self.repo.publish_all()
            self.assertEqual(self.init(), 0)
            self.assertEqual(self.download("a"), 1)
            self.assertEqual(self.downloads(), [])

    def test_names_stay_inside_the_folder(self):
        for path in ("../escape", "/absolute", "..", ".", "a/../../b", "%2e%2e/x", "x" * 400, "folder/"):
            with self.subTest(path):
                self.setUp()
                self.publish({path: b"data"})
                fetch = self.repo.fetch
                self.repo.fetch = lambda p: b"data" if p.startswith("targets/") else fetch(p)
                self.assertEqual(self.init(), 0)
                self.assertEqual(self.download(path), 0, self.said)
                self.assertEqual(self.downloads(), [b"data"])
                self.assertEqual(sorted(os.listdir(self.folder.name)), ["metadata", "targets", "trusted.json"])

    def test_an_empty_target(self):
        self.publish({"a": b""})
        self.assertEqual(self.init(), 0)
        self.assertEqual(self.download("a"), 0, self.said)
        self.assertEqual(self.downloads(), [b""])


class Store(Case):
    def test_damaged_files_heal(self):
        for role in ("timestamp", "snapshot", "targets", "root"):
            for damage in (b"", b"{", None):
                with self.subTest(role=role, damage=damage):
                    self.setUp()
                    self.repo.publish("root")
                    self.begin()
                    file = self.metadata / f"{role}.json"
                    file.unlink()
                    if damage is not None:
                        file.write_bytes(damage)
                    self.assertEqual(self.refresh(), 0, self.said)
                    self.assertEqual(file.read_bytes(), self.repo.served[role][-1])

    def test_truncated_file(self):
        self.begin()
        file = self.metadata / "snapshot.json"
        file.write_bytes(file.read_bytes()[:-30])
        self.assertEqual(self.refresh(), 0, self.said)
        self.assertEqual(file.read_bytes(), self.repo.served["snapshot"][-1])

    def test_a_damaged_floor_is_no_obstacle(self):
        self.begin()
        (self.metadata / "floor").write_bytes(b"\0\0\0")
        self.assertEqual(self.refresh(), 0, self.said)

    def test_a_stranger_root_in_the_store_is_not_trusted(self):
        self.begin()
        root = json.loads((self.metadata / "root.json").read_text())
        stranger = Signer()
        root["signed"]["keys"][stranger.keyid] = stranger.key
        root["signed"]["roles"]["root"]["keyids"] = [stranger.keyid]
        (self.metadata / "root.json").write_text(json.dumps(root))
        self.assertEqual(self.refresh(), 0)
        self.assertEqual((self.metadata / "root.json").read_bytes(), self.repo.served["root"][0])

    def test_another_beginning_of_trust_forgets_the_first(self):
        self.repo.publish("timestamp")
        self.begin()
        self.repo = server.repository = Repository()
        self.begin()
        self.assertEqual(self.trusted()["timestamp"], 1)

    def test_the_same_beginning_again_forgets_nothing(self):
        self.repo.publish("timestamp")
        self.begin()
        self.assertEqual(self.init(), 0)
        self.assertEqual(set(self.trusted()), set(TOP))
        self.repo.restart("timestamp")
        self.repo.publish("timestamp")
        self.assertEqual(self.refresh(), 1)


class CommandLine(Case):
    def test_wrong_invocations_end_with_1(self):
        for arguments in ([], ["refresh"], ["--metadata-dir"], ["--bogus", "x", "refresh"], ["--metadata-dir", "d", "init"],
                          ["--metadata-dir", self.metadata, "--metadata-url", server.url, "download"]):
            self.assertEqual(self.run_client(*arguments), 1, arguments)


if __name__ == "__main__":
    if shutil.which("faketime") is None:
        print("skipped: faketime is missing, run scripts/install_deps")
        sys.exit(77)
    unittest.main(verbosity=1)
