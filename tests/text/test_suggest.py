"""Which word is meant by a misspelled one, and when that is sure."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.text import Suggestion, closest, did_you_mean, only_one
from compiler.upstream.catalog import catalog

MODES = ("AlwaysAllow", "AlwaysDeny", "ABAC", "Webhook", "RBAC", "Node")
WORDS = st.text(string.ascii_letters + string.digits + "-", max_size=12)


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        ("rbac", MODES, "RBAC"),
        ("RBCA", MODES, "RBAC"),
        ("RBACC", MODES, "RBAC"),
        ("Nod", MODES, "Node"),
        ("BAC", MODES, ""),
        ("", MODES, ""),
        ("AlwaysDney", MODES, "AlwaysDeny"),
        ("always_deny", MODES, "AlwaysDeny"),
        ("v2", ("v1", "v1beta1"), ""),
        ("v1beta2", ("v1", "v1beta1"), ""),
        ("VersionTLS14", ("VersionTLS12", "VersionTLS13"), ""),
        ("etcd", ("etcd3",), ""),
        ("audit-log-maxag", ("audit-log-maxage", "audit-log-maxsize"), "audit-log-maxage"),
        ("audit-log-max", ("audit-log-maxage", "audit-log-maxsize"), ""),
        ("able-admission-plugins", ("enable-admission-plugins", "disable-admission-plugins"), ""),
        ("tlscertfile", ("tls-cert-file", "tlsCertFile"), ""),
    ],
)
def test_a_word_is_meant_where_no_other_can_be(word: str, candidates: tuple[str, ...], meant: str) -> None:
    assert only_one(word, candidates) == meant
    hint = did_you_mean(word, candidates, "<{}>")
    assert isinstance(hint, Suggestion) == bool(meant)
    if isinstance(hint, Suggestion):
        assert (hint.old, hint.new) == (f"<{word}>", f"<{meant}>")
        assert hint == f"did you mean <{meant}>?"
        assert closest(word, candidates) == meant


def within_one(word: str, other: str) -> bool:
    """Whether one letter too many, too few, wrong or swapped makes one word of the other: by trying them all."""
    if len(word) > len(other):
        word, other = other, word
    if len(word) == len(other):
        wrong = [at for at in range(len(word)) if word[at] != other[at]]
        swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
        return len(wrong) < 2 or (swapped and word[wrong[0]] == other[wrong[1]] and word[wrong[1]] == other[wrong[0]])
    return len(word) + 1 == len(other) and any(other[:at] + other[at + 1 :] == word for at in range(len(other)))


@given(WORDS, st.lists(WORDS, max_size=4))
def test_a_sure_word_is_near_and_alone(word: str, candidates: list[str]) -> None:
    meant = only_one(word, candidates)
    if not meant:
        return
    plain = word.lower().replace("-", "")
    near = [name for name in set(candidates) if name and within_one(plain, name.lower().replace("-", ""))]
    assert near in ([meant], []) or plain == meant.lower().replace("-", "")


@given(st.data())
def test_one_slip_in_a_flag_is_undone(data: st.DataObject) -> None:
    flags = [name for name in catalog("1.36").flags if len(name) > 3]
    flag = data.draw(st.sampled_from(flags))
    at = data.draw(st.integers(0, len(flag) - 2))
    slip = flag[:at] + flag[at + 1] + flag[at] + flag[at + 2 :]
    others = [name for name in flags if name != flag and within_one(slip.replace("-", ""), name.replace("-", ""))]
    if slip not in flags and not others:
        assert only_one(slip, flags) == flag
