#!/usr/bin/env python3
"""deploy/kubernetes against Kubernetes' own schema, offline: each field's name,
its type, and whether one that must be there is missing, by the models that
python3-kubernetes generates from it. KEDA's kinds are not in there. Exit 77, and
says so, without that package."""

import os
import re
import sys
import unittest

try:
    import yaml
    from kubernetes.client import models
except ImportError:
    # Debian's packages are those of Debian's own Python.
    if sys.executable != "/usr/bin/python3" and "AGAIN" not in os.environ:
        os.environ["AGAIN"] = "1"
        os.execv("/usr/bin/python3", ["/usr/bin/python3", "-B"] + sys.argv)
    print("SKIPPED: python3-kubernetes is not installed")
    sys.exit(77)

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                      "deploy", "kubernetes")
MODELS = {
    ("v1", "ConfigMap"): models.V1ConfigMap,
    ("v1", "Service"): models.V1Service,
    ("apps/v1", "Deployment"): models.V1Deployment,
    ("policy/v1", "PodDisruptionBudget"): models.V1PodDisruptionBudget,
    ("networking.k8s.io/v1", "NetworkPolicy"): models.V1NetworkPolicy,
}
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def documents():
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith(".yaml"):
            with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
                yield from yaml.safe_load_all(file)


def judge_members(items, kind, path):
    for key, item in items:
        yield from judge(item, kind, f"{path}.{key}")


def judge_model(value, model, path):
    """What is wrong with the fields of one object."""
    fields = {shown: own for own, shown in model.attribute_map.items()}
    if not isinstance(value, dict):
        yield f"{path}: not an object"
        return
    for key, item in value.items():
        if key not in fields:
            yield f"{path}.{key}: unknown"
        else:
            yield from judge(item, model.openapi_types[fields[key]],
                             f"{path}.{key}")
    given = {fields[key]: item for key, item in value.items() if key in fields}
    try:
        model(**given)
    except ValueError as error:
        yield f"{path}: {error}"


def judge(value, kind, path):
    """What is wrong with a value that should be of that kind, as the models
    write kinds: str, object, V1Probe, list[V1Container], dict(str, str)."""
    many = re.fullmatch(r"list\[(.*)\]|dict\(str, (.*)\)", kind)
    if many and many.group(1):
        if not isinstance(value, list):
            return [f"{path}: not a list"]
        return judge_members(enumerate(value), many.group(1), path)
    if many:
        if not isinstance(value, dict):
            return [f"{path}: not an object"]
        return judge_members(value.items(), many.group(2), path)
    if kind == "object":
        return []
    if kind not in PLAIN:
        return judge_model(value, getattr(models, kind), path)
    fits = isinstance(value, PLAIN[kind]) and (
        kind == "bool" or not isinstance(value, bool))
    return [] if fits else [f"{path}: {value!r} is no {kind}"]


def faults_of(document):
    kind = document["apiVersion"], document["kind"]
    return list(judge_model(document, MODELS[kind], document["kind"]))


class SchemaTest(unittest.TestCase):
    def setUp(self):
        self.all = [document for document in documents()
                    if not document["apiVersion"].startswith("keda.sh/")]

    def test_each_manifest_fits_the_schema(self):
        self.assertEqual({(d["apiVersion"], d["kind"]) for d in self.all},
                         set(MODELS))
        for document in self.all:
            self.assertEqual(faults_of(document), [])

    def test_what_does_not_fit_is_found(self):
        deployment, = [d for d in self.all if d["kind"] == "Deployment"]
        pod = deployment["spec"]["template"]["spec"]
        container, = pod["containers"]
        for target, key, value, says in (
                (container, "readynessProbe", {}, "readynessProbe: unknown"),
                (container, "args", "run", "args: not a list"),
                (container["ports"][0], "containerPort", "9464",
                 "'9464' is no int"),
                (container["ports"][0], "containerPort", None,
                 "must not be `None`"),
                (pod, "terminationGracePeriodSeconds", True, "is no int"),
                (container["resources"]["limits"], "cpu", 2, "2 is no str"),
                (deployment["spec"], "selector", None, "`selector`")):
            before = target.get(key)
            if value is None:
                del target[key]
            else:
                target[key] = value
            found = "\n".join(faults_of(deployment))
            if before is None:
                del target[key]
            else:
                target[key] = before
            self.assertIn(says, found)
        self.assertEqual(faults_of(deployment), [])


if __name__ == "__main__":
    unittest.main()
