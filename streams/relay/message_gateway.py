"""A service over HTTP that takes messages one by one, as the file of contacts declares it: request and answers.

Gateways answer 200 and put what happened into the body, each in its own words: nothing is taken for a success that is
not declared to be one. Declarations of those used in Viet Nam are in docs/examples/gateways.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from xml.etree import ElementTree

from pydantic import Field, HttpUrl, JsonValue, TypeAdapter, ValidationError, model_validator

from streams.relay.outcome import Refused, Unreachable
from streams.settings.yaml_file import Written

PLACEHOLDERS = ("to", "text", "id")
"""The address, the text and the message's identity, which is the same in every attempt."""
_LATER = frozenset({401, 403, 407, 408, 425, 429})
"""Statuses after which it may work later: too many at once, or a secret that somebody can put right."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_REASON = 200


class Sign(Written):
    """What an answer of one meaning looks like: all that is given holds."""

    status: list[int] = Field(default_factory=list)
    """HTTP statuses; none given: 200 to 299."""
    field: str | None = None
    """Where in the answer: names with dots between, numbers in lists; in XML the name of an element."""
    values: list[str | bool | int] = Field(default_factory=list)
    """What stands there, one of these; numbers and texts that read alike are equal."""

    @model_validator(mode="after")
    def _whole(self) -> "Sign":
        if (self.field is None) != (not self.values):
            raise ValueError("field and values go together")
        if self.field is None and not self.status:
            raise ValueError("write a status, or field and values")
        return self

    def shown_by(self, status: int, answer: object) -> bool:
        """Whether an answer is of this kind."""
        right = status in self.status if self.status else status // 100 == 2
        return right and (self.field is None or _found(answer, self.field) in {_text(each) for each in self.values})


class MessageGateway(Written):
    """One service: how it is asked, and what its answers mean.

    Address, headers and body may hold ``{to}``, ``{text}``, ``{id}`` and the names of secrets.
    """

    url: str
    format: Literal["json", "form", "xml"] = "json"
    """Of the request's body and of the answer; the answer to a form is JSON."""
    headers: dict[str, str] = Field(default_factory=dict)
    body: dict[str, JsonValue] | str
    """A mapping; in XML the whole text."""
    secrets: dict[str, Path] = Field(default_factory=dict)
    """Files whose first lines are secrets, by the name of the placeholder. They are read at every attempt."""
    success: Sign
    """What an answer that took the message looks like."""
    receipt: str | None = None
    """The field of the gateway's own number of the message: without it an answer is no success."""
    known: Sign | None = None
    """What an answer looks like that refuses an identity as one it took before: the message is there."""
    later: list[Sign] = Field(default_factory=list)
    """Answers after which it is tried again, beside the statuses 401, 403, 407, 408, 425, 429 and 500 to 599."""
    reason: str | None = None
    """The field that says why not."""

    @model_validator(mode="after")
    def _usable(self) -> "MessageGateway":
        if isinstance(self.body, str) != (self.format == "xml"):
            raise ValueError("body: in XML write the whole text, else a mapping")
        fields = [] if isinstance(self.body, str) else self.body.values()
        if self.format == "form" and not all(isinstance(value, str) for value in fields):
            raise ValueError("body: the fields of a form are texts; put quotes around numbers")
        given = {*PLACEHOLDERS, *self.secrets}
        for text in _texts([self.url, self.headers, self.body]):
            for name in _PLACEHOLDER.findall(text):
                if name not in given:
                    raise ValueError(f"{{{name}}} is no placeholder: there are {', '.join(sorted(given))}")
        try:
            TypeAdapter(HttpUrl).validate_python(_PLACEHOLDER.sub("x", self.url))
        except ValidationError:
            raise ValueError("url: write an address that begins with https://") from None
        return self

    def request(self, values: Mapping[str, str]) -> tuple[str, dict[str, str], object]:
        """Address, headers and body of a request, all placeholders filled in once; text where it is XML."""
        url = _filled(self.url, values, lambda text: quote(text, safe=""))
        headers = {name: _filled(text, values) for name, text in self.headers.items()}
        if isinstance(self.body, str):
            body = _filled(self.body, values, lambda text: escape(_NOT_IN_XML.sub("", text)))
            return url, {"Content-Type": "text/xml; charset=utf-8", **headers}, body
        return url, headers, {name: _filled_in(part, values) for name, part in self.body.items()}

    def receipt_of(self, status: int, body: str) -> str:
        """What to keep of an answer that took the message. Raises Refused and Unreachable for every other one."""
        answer = _xml(body) if self.format == "xml" else _json(body)
        if self.known is not None and self.known.shown_by(status, answer):
            return f"known before: {self._reason(status, answer, body)}"
        if any(sign.shown_by(status, answer) for sign in self.later) or status >= 500 or status in _LATER:
            raise Unreachable(self._reason(status, answer, body), doubtful=False)
        if self.success.shown_by(status, answer):
            receipt = f"HTTP {status}" if self.receipt is None else _found(answer, self.receipt)
            if receipt:
                return receipt
            raise Refused(f"no {self.receipt} in the answer: {self._reason(status, answer, body)}")
        if answer is None and status // 100 == 2:
            # Somebody else may have answered: a proxy, a page to sign in.
            raise Unreachable(f"no {self._answers} in the answer: {_line(body)}", doubtful=True)
        raise Refused(self._reason(status, answer, body))

    @property
    def _answers(self) -> str:
        return "XML" if self.format == "xml" else "JSON"

    def _reason(self, status: int, answer: object, body: str) -> str:
        told = [f"HTTP {status}"]
        if self.success.field is not None and (value := _found(answer, self.success.field)):
            told.append(f"{self.success.field} {value}")
        why = _found(answer, self.reason) if self.reason else None
        return _line(f"{', '.join(told)}: {why or body}")


def later(status: int) -> bool:
    """Whether what an HTTP server without a declaration refused now may work later."""
    return status >= 500 or status in _LATER


def _filled(template: str, values: Mapping[str, str], as_written: Callable[[str], str] = str) -> str:
    """A template with its placeholders filled in once: a text that holds ``{id}`` keeps it."""
    return _PLACEHOLDER.sub(lambda match: as_written(values[match[1]]), template)


def _filled_in(part: JsonValue, values: Mapping[str, str]) -> JsonValue:
    if isinstance(part, str):
        return _filled(part, values)
    if isinstance(part, list):
        return [_filled_in(each, values) for each in part]
    if isinstance(part, dict):
        return {name: _filled_in(each, values) for name, each in part.items()}
    return part


def _texts(part: object) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for each in part:
            yield from _texts(each)
    elif isinstance(part, dict):
        for each in part.values():
            yield from _texts(each)


def _json(text: str) -> Any:
    """None where it is none."""
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _xml(text: str) -> ElementTree.Element | None:
    """None where it is none. An answer with a document type is none either: entities could make it endless."""
    if "<!DOCTYPE" in text:
        return None
    try:
        return ElementTree.fromstring(text.removeprefix("\ufeff"))  # noqa: S314
    except (ElementTree.ParseError, ValueError):
        return None


def _found(answer: object, field: str) -> str | None:
    """What stands at a field of an answer, as text; None where nothing does."""
    if isinstance(answer, ElementTree.Element):
        elements = (each for each in answer.iter() if each.tag.rpartition("}")[2] == field)
        found = next(elements, None)
        return None if found is None else (found.text or "").strip()
    for step in field.split("."):
        if isinstance(answer, dict) and step in answer:
            answer = answer[step]
        elif isinstance(answer, list) and step.isdecimal() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return None
    return None if answer is None else _text(answer)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _line(text: str) -> str:
    """The beginning of a text, in one line."""
    return " ".join(text.split())[:_LONGEST_REASON]
