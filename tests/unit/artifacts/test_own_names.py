"""The user's own names are told from those that IPython puts beside them."""

from __future__ import annotations

from mlops_nb.artifacts.own_names import own_names

SHELL = {"__name__": "__main__", "_": 1, "__": 1, "_1": 1, "_i": "x", "_i12": "x", "_oh": {}}


def test_names_of_the_shell_are_left_out_however_often_they_are_asked_for() -> None:
    hidden = {"display": print}
    for value in (1, 2):
        space = {**SHELL, "_12": value, "display": print, "_private": 1, "x": value}
        assert own_names(space, hidden) == {"_private": 1, "x": value}


def test_a_name_that_the_shell_hides_is_the_users_once_it_is_bound_to_another_value() -> None:
    hidden = {"display": print}
    assert own_names({"display": print}, hidden) == {}
    assert own_names({"display": repr, "y": 1}, hidden) == {"display": repr, "y": 1}
    assert own_names({"display": print}, hidden) == {}
