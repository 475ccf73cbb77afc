"""A field's word counts by what changed in that field, however late it comes."""

from itertools import permutations

from dashboard.fields import ListField


def test_a_word_from_before_a_clip_joined_takes_nothing_out() -> None:
    older = ListField().showing(["a"])
    newer = older.showing(["a", "b"])
    assert newer.revision == older.revision + 1
    assert older.applied(["a"], ["a", "b"]) == ["a", "b"]


def test_what_left_an_older_field_leaves_once_and_what_joined_since_stays() -> None:
    older = ListField().showing(["a"])
    older.showing(["a", "b"])
    assert older.applied([], ["a", "b"]) == ["b"]
    assert older.applied([], ["b", "a"]) == ["b", "a"]  # the same word again, after it was brought back


def test_what_came_into_an_older_field_joins_behind_the_others() -> None:
    older = ListField().showing(["a"])
    assert older.applied(["a", "c"], ["a", "b"]) == ["a", "b", "c"]


def test_a_persons_own_change_keeps_the_field_and_its_order() -> None:
    field = ListField().showing(["a", "b", "c"])
    values = field.applied(["a", "c"], ["a", "b", "c"])
    assert values == ["a", "c"] and field.showing(values) is field
    assert field.showing(["c", "a"]).revision == field.revision + 1


def test_in_whatever_order_words_come_only_what_was_taken_out_is_gone() -> None:
    for order in permutations(range(3)):
        values, fields = ["a"], [ListField().showing(["a"])]
        for joined in ("b", "c"):
            values = [*values, joined]
            fields.append(fields[-1].showing(values))
        says = [["a"], ["a"], ["a", "b", "c"]]  # only the second field's browser takes something out: b
        for at in order:
            values = fields[at].applied(says[at], values)
        assert values == ["a", "c"]
