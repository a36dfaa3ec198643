"""YAML to nodes with positions, read strictly, on libyaml's event stream."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from yaml import YAMLError
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from compiler.bounds import MAX_DEPTH, MAX_NODES
from compiler.diagnostics import Diagnostic, KascError, Location, Problems, diagnose
from compiler.source import yaml_findings as findings
from compiler.source.node import Node, Scalar, Source, Span
from compiler.source.places import at_span, too_deep, too_many
from compiler.source.yaml_dialects import (
    QuoteEscapes,
    check_anchor,
    check_key_indicator,
    check_server_scalar,
    with_last_break,
)
from compiler.source.yaml_errors import check_characters, syntax_error
from compiler.source.yaml_merge import Merge, Unresolved, merge_in_turn
from compiler.source.yaml_places import empty_value_span, has_brace, opening_span, scalar_span, span_of, tag_location
from compiler.source.yaml_scalars import TAG_PREFIX, LongNumberError, OverflowingNumberError, resolve, resolve_tagged


def parse_yaml(source: Source, problems: list[Diagnostic]) -> Node:
    """The only document of a YAML text.

    What does not end the parsing (duplicate keys, tags, aliases, numbers out of bounds) is added to `problems`.
    Raises KascError: DOC-02 past a bound, DOC-04 on a syntax error, DOC-09 when there are several documents or none.
    """
    documents = parse_yaml_all(source, problems)
    if len(documents) == 1:
        return documents[0]
    if documents:
        message = f"the file holds {len(documents)} YAML documents, only one is expected"
        raise KascError(
            diagnose("DOC-09", message, "put each document into a file of its own", location=documents[1].location)
        )
    where = Location(source.name, 1, 1, 1, 1)
    raise KascError(diagnose("DOC-09", "the file holds no YAML document", "begin with 'key: value'", location=where))


def parse_yaml_all(
    source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar] = resolve
) -> list[Node]:
    """Every document of a YAML text, in order; documents without any content are left out.

    `resolve_plain` tells what a plain scalar means. Adds to `problems` and raises KascError (DOC-02, DOC-04) as
    `parse_yaml` does.
    """
    return _parse(source, problems, resolve_plain, only_first=False)


def parse_first_yaml(source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar]) -> Node:
    """The first document of a YAML text, which may be empty; what follows it is not looked at.

    Adds to `problems` and raises KascError (DOC-02, DOC-04) as `parse_yaml` does.
    """
    found = _parse(source, problems, resolve_plain, only_first=True)
    return found[0] if found else Node(None, source, (1, 1, 1, 1))


def _parse(
    source: Source, problems: list[Diagnostic], resolve_plain: Callable[[str], Scalar], only_first: bool
) -> list[Node]:
    text = source.text.removeprefix("\ufeff")
    check_characters(source, text)
    found = Problems()
    as_server = resolve_plain is not resolve
    if not as_server:
        node = _json(source, text, problems) if text.lstrip(" \t\r\n").startswith("{") else None
        if node is not None:
            return [node]
        text = with_last_break(text)
    quotes = QuoteEscapes(text)
    try:
        while True:
            try:
                return _Builder(source, quotes, found, resolve_plain).documents(only_first)
            except YAMLError as error:
                if not (as_server and quotes.replace(error)):
                    raise syntax_error(source, text, error) from None
                found.clear()
    except (ValueError, OverflowError):  # escapes that the pure Python parser does not check
        where = Location(source.name, 1, 1, 1, 1)
        message = "the text holds an escape or a version number that is out of range"
        raise KascError(diagnose("DOC-04", message, location=where)) from None
    finally:
        problems += found


def _json(source: Source, text: str, problems: list[Diagnostic]) -> Node | None:
    """Return the value of a document that is JSON, of which libyaml does not take all; None if it is not JSON."""
    from compiler.source.json_source import JsonSyntaxError, parse_json

    found = Problems()
    try:
        node = parse_json(Source(source.name, text), found, as_server=False)
    except JsonSyntaxError:
        return None
    problems += found
    return node


def _events(text: str) -> Callable[[], Any]:
    """The function that gives the next event of a text."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        from yaml import Loader

        slow: Callable[[], Any] = Loader(text).get_event
        return slow
    return CParser(text).get_event


class _Anchored:
    """What an anchor stands for. `node` is None as long as the node is not complete."""

    __slots__ = ("height", "node", "size")

    def __init__(self, node: Node | None = None, size: int = 0, height: int = 0) -> None:
        self.node = node
        self.size = size
        self.height = height


class _Builder:
    """Builds nodes from events, one level of recursion for each level of nesting.

    `size` counts the nodes so far with aliases expanded, `brackets` the open brackets and braces. `deepest` is the
    deepest level since the innermost open anchor began.
    """

    def __init__(
        self, source: Source, quotes: QuoteEscapes, problems: Problems, resolve_plain: Callable[[str], Scalar]
    ) -> None:
        self.source = source
        self.quotes = quotes
        self.text = quotes.text
        self.problems = problems
        self.resolve_plain = resolve_plain
        self.as_server = resolve_plain is not resolve
        self.next_event = _events(quotes.text)
        self.anchors: dict[str, _Anchored] = {}
        self.size = 0
        self.brackets = 0
        self.deepest = 0
        self.alias_end = (0, 0)

    def documents(self, only_first: bool) -> list[Node]:
        found = []
        next_event = self.next_event
        next_event()  # the stream's start
        while type(start := next_event()) is not StreamEndEvent:
            if self.as_server and start.version not in (None, (1, 1)):
                raise KascError(findings.unread_version(start.version, at_span(self.source, span_of(start))))
            self.anchors = {}
            event = next_event()
            node = self.build(event, 0)
            if only_first or node.value is not None or node.text or event.tag or event.anchor:
                found.append(node)
            # The document's end, for which the parser looks at what follows.
            next_event()
            if only_first:
                break
        return found

    def build(self, event: Any, depth: int) -> Node:
        """The node that begins with `event`, inside `depth` mappings and lists."""
        kind = type(event)
        if kind is ScalarEvent:
            return self.scalar(event)
        if kind is AliasEvent:
            return self.alias(event, depth)
        if depth >= MAX_DEPTH:
            raise too_deep(at_span(self.source, span_of(event)))
        compose = self.mapping if kind is MappingStartEvent else self.sequence
        anchor = event.anchor
        if anchor is None:
            return compose(event, depth + 1)
        self.check_anchor(event)
        anchored = self.anchors[anchor] = _Anchored()
        size, deepest = self.size, self.deepest
        self.deepest = depth + 1
        anchored.node = compose(event, depth + 1)
        anchored.size, anchored.height = self.size - size, self.deepest - depth
        self.deepest = max(self.deepest, deepest)
        return anchored.node

    def check_anchor(self, event: Any) -> None:
        if not self.as_server:
            check_anchor(self.source, self.text, event)

    def text_of(self, event: Any) -> str:
        """Return the text of a scalar, after a check that the server's parser reads it alike."""
        text: str = event.value
        if not self.as_server:
            return text
        check_server_scalar(self.source, self.text, event, self.brackets > 0)
        return self.quotes.value(text) if event.style == '"' else text

    def scalar(self, event: Any) -> Node:
        text = self.text_of(event)
        self.size += 1 + (len(text) >> 8)
        if self.size > MAX_NODES:
            raise KascError(too_many(at_span(self.source, span_of(event))))
        start, end = event.start_mark, event.end_mark
        span = (start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        if event.tag is not None or event.anchor is not None or event.style in ("|", ">"):
            span = scalar_span(self.text, event)
        node = Node(text, self.source, span, text)
        if event.tag is not None:
            self.apply_tag(node, event)
        elif not event.style:
            try:
                node.value = self.resolve_plain(text)
            except ValueError as error:
                self.problems.report("DOC-06", findings.number, node, error)
        if self.as_server and isinstance(node.value, float) and not isfinite(node.value):
            raise KascError(findings.infinite(node))
        if event.anchor is not None:
            self.check_anchor(event)
            self.anchors[event.anchor] = _Anchored(node, 1 + (len(text) >> 8))
        return node

    def alias(self, event: Any, depth: int) -> Node:
        self.check_anchor(event)
        name = event.anchor
        end = event.end_mark
        self.alias_end = (end.line + 1, end.column + 1)
        anchored = self.anchors.get(name)
        if anchored is None or anchored.node is None:
            self.size += 1
            node = self.unresolved_alias(event, anchored is not None)
        else:
            self.size += anchored.size
            self.deepest = max(self.deepest, depth + anchored.height)
            node = anchored.node
        if self.size > MAX_NODES:
            raise KascError(too_many(at_span(self.source, span_of(event))))
        if anchored is not None and depth + anchored.height > MAX_DEPTH:
            raise too_deep(at_span(self.source, span_of(event)))
        return node

    def unresolved_alias(self, event: Any, recursive: bool) -> Node:
        node = Unresolved(None, self.source, span_of(event), f"*{event.anchor}")
        self.problems.report("DOC-07", findings.unresolved_alias, event.anchor, recursive, node.location)
        return node

    def sequence(self, event: Any, depth: int) -> Node:
        self.size += 1
        if depth > self.deepest:
            self.deepest = depth
        next_event, build = self.next_event, self.build
        span = opening_span(self.text, event)
        end = span[2:]
        items: list[Node] = []
        self.brackets += bool(event.flow_style)
        while type(item := next_event()) is not SequenceEndEvent:
            node = build(item, depth)
            end = node.span[2:] if type(item) is not AliasEvent else self.alias_end
            items.append(node)
        if event.flow_style:
            self.brackets -= 1
            end = span_of(item)[2:]
        node = Node(items, self.source, (span[0], span[1], *end))
        self.check_collection_tag(event, "seq", "a list")
        return node

    def mapping(self, event: Any, depth: int) -> Node:
        self.size += 1
        if depth > self.deepest:
            self.deepest = depth
        next_event, build = self.next_event, self.build
        span = opening_span(self.text, event)
        end = span[2:]
        values: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        merge: Merge | None = None
        merged: set[str] = set()
        in_braces = bool(event.flow_style)
        self.brackets += in_braces
        while type(item := next_event()) is not MappingEndEvent:
            if in_braces and not self.as_server:
                check_key_indicator(self.source, self.text, item)
            key, key_span = self.key(item, depth)
            value = next_event()
            node = build(value, depth)
            end = node.span[2:] if type(value) is not AliasEvent else self.alias_end
            if not node.text and type(value) is ScalarEvent and not value.style:
                node.span = empty_value_span(self.text, value, key_span)
                end = node.span[2:]
            if key is None:
                continue
            if key == "<<" and type(item) is ScalarEvent and not item.style and item.tag is None:
                this = Merge(key_span, node, type(value) is AliasEvent)
                if self.as_server:
                    merge_in_turn(values, keys, this, merged, self.problems)
                elif merge is None:
                    merge = this
                else:
                    self.duplicate(key, merge.key_span, key_span)
            else:
                if key in merged:
                    self.problems.report("DOC-05", findings.merged_over, key, at_span(self.source, key_span))
                elif key in values:
                    self.duplicate(key, keys[key], key_span)
                    if not self.as_server:
                        continue
                # Where the server lets repeated keys through, the last one counts.
                values[key] = node
                keys[key] = key_span
        self.brackets -= in_braces
        if has_brace(self.text, event):
            end = span_of(item)[2:]
        if merge is not None:
            values, keys = merge.into(values, keys, self.problems)
        node = Node(values, self.source, (span[0], span[1], *end), "", keys)
        self.check_collection_tag(event, "map", "a mapping")
        return node

    def key(self, event: Any, depth: int) -> tuple[str | None, Span]:
        """A key and its span; None for a key that cannot be one, which is reported."""
        if type(event) is ScalarEvent:
            span = span_of(event)
            text = self.text_of(event)
            if event.tag is not None or event.anchor is not None or event.style in ("|", ">"):
                span = self.scalar(event).span
            self.size += len(text) >> 8
            if self.as_server and self.is_null(event):
                self.problems.report("DOC-06", findings.null_key, at_span(self.source, span))
                return None, span
            return text, span
        node = self.build(event, depth)
        if type(event) is AliasEvent and not isinstance(node.value, (dict, list)):
            span = span_of(event)
            if isinstance(node, Unresolved):
                return None, span
            if self.as_server and node.value is None:
                self.problems.report("DOC-06", findings.null_key, at_span(self.source, span))
                return None, span
            return node.text, span
        where = at_span(self.source, span_of(event) if type(event) is AliasEvent else node.span)
        self.problems.report("DOC-06", findings.collection_key, node, where)
        return None, node.span

    def is_null(self, event: Any) -> bool:
        """Return whether the server's parser takes a scalar for null."""
        if event.tag is not None:
            return bool(event.tag == f"{TAG_PREFIX}null")
        return not event.style and self.resolve_plain(event.value) is None

    def apply_tag(self, node: Node, event: Any) -> None:
        """Give a scalar the value that its tag says."""
        name = event.tag.removeprefix(TAG_PREFIX)
        try:
            node.value = resolve_tagged(name, event.value)
        except (LongNumberError, OverflowingNumberError) as error:
            self.problems.report("DOC-06", findings.number, node, error)
        except KeyError:
            self.problems.report("DOC-06", findings.unusable_tag, event.tag, "a scalar", self.tag_location(event))
        except ValueError:
            self.problems.report("DOC-06", findings.unfitting_tag, name, node)

    def check_collection_tag(self, event: Any, name: str, kind: str) -> None:
        if event.tag is not None and event.tag != TAG_PREFIX + name:
            self.problems.report("DOC-06", findings.unusable_tag, event.tag, kind, self.tag_location(event))

    def tag_location(self, event: Any) -> Location:
        return tag_location(self.source.name, self.text, event)

    def duplicate(self, key: str, first: Span, second: Span) -> None:
        self.problems.report("DOC-05", findings.duplicate_key, key, first, at_span(self.source, second))
