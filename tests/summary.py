"""Adds up the JUnit files of a test run. The last line is `N passed, N failed, N skipped`."""

import glob
import os
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    """ctest says notrun and disabled where others say skipped."""
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("notrun", "disabled"):
        return "skipped"
    return "passed"


def reason(case):
    skipped = case.find("skipped")
    return "not run" if skipped is None else skipped.get("message", "not run")


def full_name(case):
    group = case.get("classname") or ""
    name = case.get("name")
    return name if group in ("", name) else f"{group}.{name}"


def main(folder):
    files = sorted(glob.glob(os.path.join(folder, "*.xml")))
    cases = [case for path in files for case in ElementTree.parse(path).getroot().iter("testcase")]
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for case in cases:
        result = outcome(case)
        count[result] += 1
        if result == "skipped":
            print(f"skipped: {full_name(case)}: {reason(case)}")
        if result == "failed":
            print(f"FAILED: {full_name(case)}")
    for name, what in (("fuzz-failed", "fuzzing"), ("compose-failed", "the containers' test")):
        if os.path.exists(os.path.join(folder, name)):
            count["failed"] += 1
            print(f"FAILED: {what}")
    if "pytest.xml" not in map(os.path.basename, files):
        count["failed"] += 1
        print("FAILED: the end-to-end tests did not come to an end")
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped")
    return 1 if count["failed"] or not count["passed"] else 0


sys.exit(main(sys.argv[1]))
