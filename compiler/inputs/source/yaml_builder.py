"""Builds nodes with positions from libyaml's event stream."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from compiler import rules
from compiler.bounds import MAX_DEPTH, MAX_NODES
from compiler.diagnostics import Diagnostic, KascError, Problems
from compiler.inputs.source import yaml_scalars as scalars
from compiler.inputs.source.node import Node, Scalar, Source, Span, at_span, too_deep, too_many
from compiler.inputs.source.yaml_dialects import (
    QuoteEscapes,
    check_anchor,
    check_key_indicator,
    check_server_scalar,
    empty_value_span,
    events_of,
    has_brace,
    opening_span,
    scalar_span,
    span_of,
    tag_location,
)


class _Anchored:
    """An anchored node, None until it is complete, with its size in nodes and its height in levels."""

    __slots__ = ("height", "node", "size")

    def __init__(self, node: Node | None = None, size: int = 0, height: int = 0) -> None:
        self.node = node
        self.size = size
        self.height = height


class Builder:
    """Builds nodes from events, with one level of recursion for each level of nesting.

    `size` counts the nodes so far with aliases expanded, `brackets` the open brackets and braces. `deepest` is the
    deepest level reached since the start of the innermost open anchor.
    """

    def __init__(
        self, source: Source, quotes: QuoteEscapes, problems: Problems, resolve_plain: Callable[[str], Scalar]
    ) -> None:
        self.source = source
        self.quotes = quotes
        self.text = quotes.text
        self.problems = problems
        self.resolve_plain = resolve_plain
        self.as_server = resolve_plain is not scalars.resolve
        self.next_event = events_of(quotes.text)
        self.anchors: dict[str, _Anchored] = {}
        self.size = 0
        self.brackets = 0
        self.deepest = 0
        self.alias_end = (0, 0)

    def documents(self, only_first: bool) -> list[Node]:
        """Return the documents of the stream, without the empty ones; with `only_first`, the first even if empty."""
        documents = []
        next_event = self.next_event
        next_event()  # the stream's start
        while type(start := next_event()) is not StreamEndEvent:
            if self.as_server and start.version not in (None, (1, 1)):
                raise KascError(scalars.unsupported_version(start.version, at_span(self.source, span_of(start))))
            self.anchors = {}
            event = next_event()
            node = self._build(event, 0)
            if only_first or node.value is not None or node.text or event.tag or event.anchor:
                documents.append(node)
            # The document's end, for which the parser reads ahead.
            next_event()
            if only_first:
                break
        return documents

    def _build(self, event: Any, depth: int) -> Node:
        """Return the node that starts with `event`, inside `depth` mappings and lists."""
        kind = type(event)
        if kind is ScalarEvent:
            return self._scalar(event)
        if kind is AliasEvent:
            return self._alias(event, depth)
        if depth >= MAX_DEPTH:
            raise too_deep(at_span(self.source, span_of(event)))
        compose = self._mapping if kind is MappingStartEvent else self._sequence
        anchor = event.anchor
        if anchor is None:
            return compose(event, depth + 1)
        self._check_anchor(event)
        anchored = self.anchors[anchor] = _Anchored()
        size, deepest = self.size, self.deepest
        self.deepest = depth + 1
        anchored.node = compose(event, depth + 1)
        anchored.size, anchored.height = self.size - size, self.deepest - depth
        self.deepest = max(self.deepest, deepest)
        return anchored.node

    def _check_anchor(self, event: Any) -> None:
        if not self.as_server:
            check_anchor(self.source, self.text, event)

    def _text_of(self, event: Any) -> str:
        """Return the text of a scalar, after checking that the server's parser reads it the same way."""
        text: str = event.value
        if not self.as_server:
            return text
        check_server_scalar(self.source, self.text, event, self.brackets > 0)
        return self.quotes.value(text) if event.style == '"' else text

    def _scalar(self, event: Any) -> Node:
        text = self._text_of(event)
        self.size += 1 + (len(text) >> 8)
        if self.size > MAX_NODES:
            raise KascError(too_many(at_span(self.source, span_of(event))))
        start, end = event.start_mark, event.end_mark
        span = (start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        if event.tag is not None or event.anchor is not None or event.style in ("|", ">"):
            span = scalar_span(self.text, event)
        node = Node(text, self.source, span, text)
        if event.tag is not None:
            self._apply_tag(node, event)
        elif not event.style:
            try:
                node.value = self.resolve_plain(text)
            except ValueError as error:
                self._report_value(scalars.number, node, error)
        if self.as_server and isinstance(node.value, float) and not isfinite(node.value):
            raise KascError(scalars.infinite(node))
        if event.anchor is not None:
            self._check_anchor(event)
            self.anchors[event.anchor] = _Anchored(node, 1 + (len(text) >> 8))
        return node

    def _alias(self, event: Any, depth: int) -> Node:
        self._check_anchor(event)
        name = event.anchor
        end = event.end_mark
        self.alias_end = (end.line + 1, end.column + 1)
        anchored = self.anchors.get(name)
        if anchored is None or anchored.node is None:
            self.size += 1
            node = self._unresolved_alias(event, anchored is not None)
        else:
            self.size += anchored.size
            self.deepest = max(self.deepest, depth + anchored.height)
            node = anchored.node
        if self.size > MAX_NODES:
            raise KascError(too_many(at_span(self.source, span_of(event))))
        if anchored is not None and depth + anchored.height > MAX_DEPTH:
            raise too_deep(at_span(self.source, span_of(event)))
        return node

    def _unresolved_alias(self, event: Any, recursive: bool) -> Node:
        node = scalars.Unresolved(None, self.source, span_of(event), f"*{event.anchor}")
        self.problems.report(rules.UNRESOLVED_ALIAS, scalars.unresolved_alias, event.anchor, recursive, node.location)
        return node

    def _sequence(self, event: Any, depth: int) -> Node:
        self.size += 1
        if depth > self.deepest:
            self.deepest = depth
        next_event, build = self.next_event, self._build
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
        self._check_collection_tag(event, "seq", "a list")
        return node

    def _mapping(self, event: Any, depth: int) -> Node:
        self.size += 1
        if depth > self.deepest:
            self.deepest = depth
        next_event, build = self.next_event, self._build
        span = opening_span(self.text, event)
        end = span[2:]
        values: dict[str, Node] = {}
        keys: dict[str, Span] = {}
        merge: scalars.Merge | None = None
        merged: set[str] = set()
        in_braces = bool(event.flow_style)
        self.brackets += in_braces
        while type(item := next_event()) is not MappingEndEvent:
            if in_braces and not self.as_server:
                check_key_indicator(self.source, self.text, item)
            key, key_span = self._key(item, depth)
            value = next_event()
            node = build(value, depth)
            end = node.span[2:] if type(value) is not AliasEvent else self.alias_end
            if not node.text and type(value) is ScalarEvent and not value.style:
                node.span = empty_value_span(self.text, value, key_span)
                end = node.span[2:]
            if key is None:
                continue
            if key == "<<" and type(item) is ScalarEvent and not item.style and item.tag is None:
                this = scalars.Merge(key_span, node, type(value) is AliasEvent)
                if self.as_server:
                    scalars.merge_in_turn(values, keys, this, merged, self.problems)
                elif merge is None:
                    merge = this
                else:
                    self._duplicate(key, merge.key_span, key_span)
            else:
                if key in merged:
                    self.problems.report(rules.DUPLICATE_KEY, scalars.merged_over, key, at_span(self.source, key_span))
                elif key in values:
                    self._duplicate(key, keys[key], key_span)
                    if not self.as_server:
                        continue
                # Where the server accepts duplicate keys, the last one wins.
                values[key] = node
                keys[key] = key_span
        self.brackets -= in_braces
        if has_brace(self.text, event):
            end = span_of(item)[2:]
        if merge is not None:
            values, keys = merge.into(values, keys, self.problems)
        node = Node(values, self.source, (span[0], span[1], *end), "", keys)
        self._check_collection_tag(event, "map", "a mapping")
        return node

    def _key(self, event: Any, depth: int) -> tuple[str | None, Span]:
        """Return a key and its span; None for an invalid key, which is reported."""
        if type(event) is ScalarEvent:
            span = span_of(event)
            text = self._text_of(event)
            if event.tag is not None or event.anchor is not None or event.style in ("|", ">"):
                span = self._scalar(event).span
            self.size += len(text) >> 8
            if self.as_server and self._is_null(event):
                self._report_value(scalars.null_key, at_span(self.source, span))
                return None, span
            return text, span
        node = self._build(event, depth)
        if type(event) is AliasEvent and not isinstance(node.value, (dict, list)):
            span = span_of(event)
            if isinstance(node, scalars.Unresolved):
                return None, span
            if self.as_server and node.value is None:
                self._report_value(scalars.null_key, at_span(self.source, span))
                return None, span
            return node.text, span
        where = at_span(self.source, span_of(event) if type(event) is AliasEvent else node.span)
        self._report_value(scalars.collection_key, node, where)
        return None, node.span

    def _is_null(self, event: Any) -> bool:
        """Return whether the server's parser resolves a scalar to null."""
        if event.tag is not None:
            return bool(event.tag == f"{scalars.TAG_PREFIX}null")
        return not event.style and self.resolve_plain(event.value) is None

    def _apply_tag(self, node: Node, event: Any) -> None:
        """Set the value of a scalar according to its tag."""
        name = event.tag.removeprefix(scalars.TAG_PREFIX)
        try:
            node.value = scalars.resolve_tagged(name, event.value)
        except (scalars.LongNumberError, scalars.OverflowingNumberError) as error:
            self._report_value(scalars.number, node, error)
        except KeyError:
            self._report_value(
                scalars.unusable_tag, event.tag, "a scalar", tag_location(self.source.name, self.text, event)
            )
        except ValueError:
            self._report_value(scalars.mismatched_tag, name, node)

    def _check_collection_tag(self, event: Any, name: str, kind: str) -> None:
        if event.tag is not None and event.tag != scalars.TAG_PREFIX + name:
            self._report_value(scalars.unusable_tag, event.tag, kind, tag_location(self.source.name, self.text, event))

    def _report_value(self, make: Callable[..., Diagnostic], *arguments: Any) -> None:
        self.problems.report(rules.UNSUPPORTED_TYPE_OF_VALUE, make, *arguments)

    def _duplicate(self, key: str, first: Span, second: Span) -> None:
        self.problems.report(rules.DUPLICATE_KEY, scalars.duplicate_key, key, first, at_span(self.source, second))
