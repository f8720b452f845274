"""A YAML file of the catalogue as plain data that remembers on which line each part is written."""

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ioc.catalogue.faults import Fault, YamlPath, path_of

_MOST_BYTES = 4 * 2**20
"""Of a file: ten times the largest of a catalogue."""
_MOST_PARTS = 200_000
"""Parts of a file: a few aliases of aliases would else stand for billions."""

_TEXTS = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp"}


class Source:
    """One file: ``data`` is what it says, ``faults`` are those of its YAML."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._lines: dict[YamlPath, int] = {(): 1}
        self._yaml = YAML(typ="safe")
        self._parts = 0
        self.data: object = self._read()

    def line(self, place: YamlPath) -> int:
        """The line of a part, or of the nearest part around it that is written in the file."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def fault(self, place: YamlPath, message: str, fix: str) -> Fault:
        return Fault(self.file, self.line(place), path_of(place), message, fix)

    def at(self, place: YamlPath) -> object:
        """What is written at a place; None where nothing is."""
        part = self.data
        for step in place:
            if isinstance(part, dict):
                part = part.get(step)
            elif isinstance(part, list) and isinstance(step, int) and step < len(part):
                part = part[step]
            else:
                return None
        return part

    def find(self, within: YamlPath, value: str) -> YamlPath:
        """The first place under ``within`` where ``value`` is written, as a value or a key; else ``within``."""
        return next((place for place, text in self.texts(within) if text == value), within)

    def texts(self, within: YamlPath = ()) -> Iterator[tuple[YamlPath, str]]:
        """Every text under ``within``, be it a value or a key, and where it is written."""
        return _texts(self.at(within), within)

    def place_of(self, location: YamlPath, *, missing: bool) -> YamlPath:
        """Where in the file an error is: pydantic's location without the tags and steps that are not written there.

        ``missing``: its last step is what is missing.
        """
        place: YamlPath = ()
        for part in location:
            written = self.at(place)
            if (isinstance(written, dict) and part in written) or (isinstance(written, list) and isinstance(part, int)):
                place = (*place, part)
        return (*place, location[-1]) if missing else place

    def _read(self) -> object:
        try:
            return self._composed()
        except RecursionError:
            # Brackets without end, or an alias within its own anchor.
            fix = "close brackets where they end, and write out what `*` stands for"
            self.faults.append(self.fault((), "it is nested too deeply", fix))
            return None
        except _TooManyParts:
            message = f"it has more than {_MOST_PARTS:,} parts, those that `*` stands for included"
            self.faults.append(self.fault((), message, "write out what `*` stands for"))
            return None

    def _composed(self) -> object:
        try:
            node = self._yaml.compose(_text_of(self.file))
        except (OSError, UnicodeDecodeError) as error:
            self.faults.append(self.fault((), f"cannot be read: {error}", "give the path of a YAML file in UTF-8"))
        except YAMLError as error:
            self.faults.append(self._syntax_fault(error))
        else:
            if node is not None:
                return self._built(node, ())
            self.faults.append(
                self.fault((), "the file is empty", "declare what docs/howto/catalogue.md describes, or delete it")
            )
        return None

    def _syntax_fault(self, error: YAMLError) -> Fault:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = error.problem if isinstance(error, MarkedYAMLError) else str(error)
        line = mark.line + 1 if mark else 1
        fix = "check indentation, brackets and quotes here; a text with `:` or ` #` needs quotes"
        return Fault(self.file, line, "", f"this is no YAML: {problem}", fix)

    def _built(self, node: Node, place: YamlPath) -> object:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise _TooManyParts
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            return [self._built(item, (*place, number)) for number, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: MappingNode, place: YamlPath) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.faults.append(Fault(self.file, line, path_of(place), "a key must be a name", "write a plain name"))
                continue
            # As text whatever it looks like: codes such as 25 and dates are names here.
            key = str(key_node.value)
            if key in mapping:
                first = self._lines[*place, key]
                message = f"`{key}` is there twice, first on line {first}"
                fix = "keep one of the two, or rename one"
                self.faults.append(Fault(self.file, line, path_of((*place, key)), message, fix))
                continue
            self._lines[*place, key] = line
            mapping[key] = self._built(value_node, (*place, key))
        return mapping

    def _scalar(self, node: Node, place: YamlPath) -> object:
        if str(node.ctag) in _TEXTS:
            return str(node.value)
        try:
            return self._yaml.constructor.construct_object(node, deep=True)
        except (YAMLError, ValueError) as error:
            problem = error.problem if isinstance(error, MarkedYAMLError) else str(error)
            self.faults.append(
                self.fault(place, f"this value cannot be read: {problem}", "write plain text, in quotes if need be")
            )
            return None


class _TooManyParts(Exception):
    pass


def _text_of(file: Path) -> str:
    """Raises OSError, UnicodeDecodeError."""
    with file.open("rb") as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise OSError(f"it has more than {_MOST_BYTES:,} bytes")
    return content.decode()


def _texts(part: object, place: YamlPath) -> Iterator[tuple[YamlPath, str]]:
    if isinstance(part, dict):
        for key, value in part.items():
            yield (*place, key), key
            yield from _texts(value, (*place, key))
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from _texts(value, (*place, number))
    elif isinstance(part, str):
        yield place, part
