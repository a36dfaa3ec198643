from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compiler.upstream.names import GroupResource, parse_group_resource

NAMES = st.text("abc*", max_size=3)


@given(NAMES, st.one_of(st.just(""), st.from_regex(r"[a-c*]+(\.[a-c]+)*", fullmatch=True)))
def test_a_name_has_one_spelling(resource: str, group: str) -> None:
    parsed = parse_group_resource(f"{resource}.{group}")
    assert parsed == (resource, group)
    assert parse_group_resource(str(parsed)) == parsed


def test_names_without_a_dot_are_of_the_core_group() -> None:
    assert parse_group_resource("secrets") == parse_group_resource("secrets.") == GroupResource("secrets", "")
    assert str(parse_group_resource("*")) == "*."
