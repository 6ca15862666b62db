"""`corridor capacity`: what it prints and writes, and how it refuses."""

import json

EXODUS = """\
name: road
title: The road, measured
period: {from: 2024-01-01, to: 2024-01-03, utc_offset: "+04:00"}
need: {classes: {patient: {}}}
carriers: {bus: {fleet: {bus: {count: 1, seats: 9}}, plan: {days: daily, at: "09:00"}}}
own_vehicles: {families: {people: 900, companions: 3, ready: {2024-01-01: 9 / h}}}
route: {from: town, legs: [{to: clinic, travel: 2 h, capacity: {2024-01-01: 50 / h}}]}
"""


def test_the_table_the_files_and_the_json_say_the_same(corridor, scenario, tmp_path):
    (tmp_path / "road.yaml").write_text(EXODUS, encoding="utf-8")
    asked = ("capacity", scenario.name, "--road", "road.yaml", "--replications", "3")
    done = corridor(*asked, "--out", "ceiling")
    assert done.returncode == 0, done.stderr
    assert "road, day and night" in done.stdout
    assert "1,200" in done.stdout
    assert "Written to: ceiling" in done.stdout
    written = json.loads((tmp_path / "ceiling" / "capacity.json").read_text())
    assert json.loads(corridor(*asked, "--json").stdout) == written
    assert written["limits"][0]["limit"] == "road, day and night"


def test_what_it_cannot_do_is_said(corridor, scenario):
    wrong = corridor("capacity", scenario.name, "--daylight", "dawn")
    assert wrong.returncode == 2
    assert "--daylight" in wrong.stderr
    nothing = corridor("capacity", scenario.name, "--road", scenario.name)
    assert nothing.returncode == 2
    assert "no leg of two-cars.yaml has a `capacity`" in nothing.stderr
    alone = corridor("capacity", scenario.name, "--replications", "2")
    assert alone.returncode == 0, alone.stderr
    assert "What the road itself carries is not known" in " ".join(alone.stdout.split())
