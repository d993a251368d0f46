#!/usr/bin/env python3
"""deploy/kubernetes line by line: it is YAML, names fit each other, `extq
check` accepts the configuration, and what is probed is there; test_schema.py
has the types. Exit 77, and says so, without python3-yaml."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "page"))
from bed import Bed  # noqa: E402

try:
    import yaml
except ImportError:
    print("SKIPPED: python3-yaml is not installed")
    sys.exit(77)

FOLDER = os.path.join(ROOT, "deploy", "kubernetes")
API = {
    "ConfigMap": "v1",
    "Service": "v1",
    "Deployment": "apps/v1",
    "PodDisruptionBudget": "policy/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "TriggerAuthentication": "keda.sh/v1alpha1",
}
PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


class Strict(yaml.SafeLoader):
    """Refuses a key that is written twice: the last one would win."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.YAMLError(f"a key twice: {node.start_mark}")
        return super().construct_mapping(node, deep)


def documents():
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith(".yaml"):
            yield from yaml.load_all(read(FOLDER, name), Strict)


def check(text):
    """What `extq check --json` says of that configuration."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        got = subprocess.run(
            [os.environ["EXTQ"], "check", "--json", "-c", file.name],
            capture_output=True, text=True)
    assert got.returncode == 0, got.stderr
    return json.loads(got.stdout)


class ManifestsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = list(documents())
        cls.of = {document["kind"]: document for document in cls.all}
        cls.pod = cls.of["Deployment"]["spec"]["template"]
        cls.spec = cls.pod["spec"]
        cls.container, = cls.spec["containers"]
        cls.text = cls.of["ConfigMap"]["data"]["extq.yaml"]
        cls.config = check(cls.text)

    def test_each_document_is_of_a_kind_and_carries_our_name(self):
        self.assertEqual(len(self.all), len(self.of))
        for document in self.all:
            self.assertEqual(document["apiVersion"], API[document["kind"]])
            self.assertEqual(document["metadata"]["name"], "extq")

    def test_selectors_find_the_pods(self):
        labels = self.pod["metadata"]["labels"]
        for found in (
                self.of["Deployment"]["spec"]["selector"]["matchLabels"],
                self.of["Service"]["spec"]["selector"],
                self.of["PodDisruptionBudget"]["spec"]["selector"]
                ["matchLabels"],
                self.of["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
                self.spec["topologySpreadConstraints"][0]["labelSelector"]
                ["matchLabels"]):
            self.assertEqual(found, labels)
        self.assertEqual(
            self.of["ScaledObject"]["spec"]["scaleTargetRef"]["name"],
            self.of["Deployment"]["metadata"]["name"])

    def test_the_ops_port_is_one_and_the_same(self):
        port, = self.container["ports"]
        address, number = self.config["ops"].rsplit(":", 1)
        service, = self.of["Service"]["spec"]["ports"]
        policy, = self.of["NetworkPolicy"]["spec"]["ingress"]
        note = self.of["Service"]["metadata"]["annotations"]
        self.assertEqual(address, "0.0.0.0")
        self.assertEqual(port["containerPort"], int(number))
        self.assertEqual(service["port"], int(number))
        self.assertEqual(note["prometheus.io/port"], number)
        for name in [service["targetPort"], policy["ports"][0]["port"]] + [
                self.container[probe]["httpGet"]["port"] for probe in PROBES]:
            self.assertEqual(name, port["name"])

    def test_what_is_probed_and_scraped_is_there(self):
        paths = {self.container[probe]["httpGet"]["path"] for probe in PROBES}
        paths.add(self.of["Service"]["metadata"]["annotations"]
                  ["prometheus.io/path"])
        bed = Bed()
        bed.start()
        try:
            got = {path: bed.get(path)[0] for path in paths}
            nowhere = bed.get("/nowhere")[0]
        finally:
            bed.close()
        self.assertEqual(nowhere, 404)
        self.assertEqual(set(got), {"/healthz", "/readyz", "/metrics"})
        self.assertEqual(set(got.values()), {200})

    def test_a_drain_has_the_time_it_takes(self):
        grace_ms = self.spec["terminationGracePeriodSeconds"] * 1000
        self.assertGreaterEqual(grace_ms, self.config["drain_ms"] + 10000)

    def test_pods_have_no_rights_and_no_writable_root(self):
        pod, own = self.spec["securityContext"], self.container[
            "securityContext"]
        self.assertIs(pod["runAsNonRoot"], True)
        self.assertIn(f"--uid {pod['runAsUser']} ", read("deploy",
                                                         "Dockerfile"))
        self.assertIs(own["readOnlyRootFilesystem"], True)
        self.assertIs(own["allowPrivilegeEscalation"], False)
        self.assertEqual(own["capabilities"], {"drop": ["ALL"]})
        self.assertIs(self.spec["automountServiceAccountToken"], False)
        self.assertEqual(set(self.container["resources"]),
                         {"requests", "limits"})

    def test_files_are_where_the_configuration_looks(self):
        mounts = {mount["name"]: mount["mountPath"]
                  for mount in self.container["volumeMounts"]}
        volumes = {volume["name"]: volume for volume in self.spec["volumes"]}
        self.assertEqual(set(mounts), set(volumes))
        self.assertEqual(volumes["config"]["configMap"]["name"], "extq")
        self.assertIn(f"EXTQ_CONFIG={mounts['config']}/extq.yaml",
                      read("deploy", "Dockerfile"))
        files = re.findall(r"_file: ([^\s}]+)", self.text)
        self.assertEqual(len(files), 3)
        for path in files:
            folder, name = os.path.split(path)
            self.assertEqual(folder, mounts["secrets"])
            for text in (read(FOLDER, "README.md"),
                         read(FOLDER, "deployment.yaml")):
                self.assertIn(f"--from-file={name}", text)

    def test_the_scaler_looks_at_the_list_that_producers_push_to(self):
        trigger, = self.of["ScaledObject"]["spec"]["triggers"]
        queue, = self.config["queues"]
        self.assertEqual(trigger["metadata"]["listName"],
                         f"{self.config['prefix']}:{{{queue}}}:jobs")
        self.assertIn(f"@{trigger['metadata']['address']}/",
                      re.search(r'url: "(.*)"', self.text).group(1))
        self.assertIn(f"user {trigger['metadata']['username']} on ",
                      read("deploy", "redis", "users.acl"))

    def test_the_image_is_of_this_version_and_the_readme_names_the_files(self):
        self.assertEqual(self.container["image"].rsplit(":", 1)[1],
                         read("VERSION").strip())
        text = read(FOLDER, "README.md")
        self.assertIn(self.container["image"], text)
        for name in os.listdir(FOLDER):
            if name.endswith(".yaml"):
                self.assertIn(name, text)


if __name__ == "__main__":
    unittest.main()
