"""`bench match` and `bench team` on small sizes."""

import json

from tongxin.config import command_line


def test_pairing_and_teams_are_measured_with_their_peers_and_checked(capsys):
    call = ["bench", "match", "--mentors", "20", "--students", "300", "--runs", "1", "--json"]
    # Whether the ratio is met shows at the sizes that it is meant for.
    assert command_line.main(call) in (0, 1)
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert row["proved"]
    assert (row["value"], row["gap"], row["left_out"]) == (row["bound"], 0, 0)
    assert row["stable"]["value"] <= row["value"]
    assert row["greedy"]["left_out"] >= 0
    assert row["reference_cpu_s"] > 0
    assert command_line.main(["bench", "team", "--n", "8,3", "--seconds", "5", "--json"]) == 0
    for row in map(json.loads, capsys.readouterr().out.splitlines()):
        assert row["by_chance"] <= row["two_stage"] <= row["alternating"] <= row["value"] <= row["bound"]
        assert row["gap"] <= 0.012
    for wrong in (
        ["match", "--mentors", "3"],
        ["match", "--runs", "0"],
        ["team", "--n", "x"],
        ["team", "--n", "0"],
    ):
        assert command_line.main(["bench", *wrong]) == 1
    assert (
        command_line.main(["bench", "match", "--mentors", "2", "--students", "4", "--instances", "nowhere"])
        == 1
    )
    capsys.readouterr()
