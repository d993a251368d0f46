#!/usr/bin/env python3
"""deploy/sbom says what is built and linked, as SPDX wants it: test_sbom.py
PROGRAM LIBRARY."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def expect(sentence, condition):
    if not condition:
        sys.exit(f"expected that {sentence}")


def write(paths):
    return subprocess.run(
        [os.path.join(ROOT, "deploy", "sbom"), "extq", "1.2.3", *paths],
        env=dict(os.environ, SOURCE_DATE_EPOCH="86400"), text=True,
        stdout=subprocess.PIPE, check=True).stdout


def check(document, paths):
    expect("it is SPDX 2.3", document["spdxVersion"] == "SPDX-2.3" and
           document["dataLicense"] == "CC0-1.0" and
           document["documentNamespace"].startswith("https://"))
    expect("its time is that of the source",
           document["creationInfo"]["created"] == "1970-01-02T00:00:00Z")
    ids = [item["SPDXID"] for item in
           [document] + document["packages"] + document["files"]]
    expect("ids are unique", len(ids) == len(set(ids)))
    for relation in document["relationships"]:
        expect("relations are between what is there",
               {relation["spdxElementId"],
                relation["relatedSpdxElement"]} <= set(ids))
    names = [package["name"] for package in document["packages"]]
    expect("what is linked is there", names[0] == "extq" and
           any(name.startswith("libhiredis") for name in names) and
           any(name.startswith("libc6") for name in names) and
           any(name.startswith("libcurl") for name in names))
    expect("versions are there", all(package["versionInfo"]
                                     for package in document["packages"]))
    for path, file in zip(paths, document["files"]):
        with open(path, "rb") as binary:
            digest = hashlib.sha256(binary.read()).hexdigest()
        expect("checksums are those of the files",
               file["checksums"][0]["checksumValue"] == digest)


def main():
    if not shutil.which("dpkg-query") or not shutil.which("readelf"):
        print("SKIPPED: dpkg or binutils is not here")
        sys.exit(77)
    paths = sys.argv[1:]
    text = write(paths)
    check(json.loads(text), paths)
    expect("it is the same each time", text == write(paths))


if __name__ == "__main__":
    main()
