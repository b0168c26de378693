"""`walferry check` looks at a SelectDB from here: front ends, back ends, SQL, privileges."""

import json

import pytest

from harness.simulator import PROFILES


@pytest.fixture
def checked(source, database, new_task):
    database(source)
    source.sql("CREATE TABLE t (id int PRIMARY KEY, v text)", database="shop")

    def check(there, **destination):
        task = new_task(source, there, destination=destination)
        result = task.cli("check", task.file, "--json", check=False)
        items = json.loads(result.stdout)
        items = items["items"] if isinstance(items, dict) else items
        return [(item["level"], item["id"], item["object"], item["what"] + " " + item["to_do"])
                for item in items if item["id"].startswith("destination.")]

    return check


def of(items, name):
    return [item for item in items if item[1] == f"destination.{name}"]


@pytest.mark.parametrize("profile", PROFILES)
def test_all_is_reached(checked, simulator, profile):
    there = simulator(profile)
    items = checked(there)
    assert [item[0] for item in of(items, "front_end")] == ["ok"]
    assert sorted(item[2] for item in of(items, "back_end")) == sorted(there.backends)
    assert {item[0] for item in items} == {"ok"}, items


def test_what_is_not_reached_fails_with_what_to_do(checked, simulator):
    there = simulator()
    there.kill_backend(1)
    items = of(checked(there), "back_end")
    levels = {item[2]: item[0] for item in items}
    dead = [name for name, level in levels.items() if level == "FAIL"]
    assert "ok" in levels.values() and len(dead) <= 1
    items = of(checked(there, redirect_map=({"from": there.backends[0], "to": "127.0.0.1:1"},
                                            {"from": there.backends[1], "to": "127.0.0.1:1"})),
               "back_end")
    assert {item[0] for item in items} == {"FAIL"} and "redirect_map" in items[0][3]

    there.kill()
    items = checked(there)
    assert {of(items, name)[0][0] for name in ("front_end", "query", "back_end")} == {"FAIL"}
