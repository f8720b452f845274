"""XML of others, without document types: what declares none has no entities, and so none that swell or reach out."""

from typing import BinaryIO
from xml.parsers import expat

CHUNK_BYTES = 1 << 16


class DocumentType(ValueError):
    """XML with a document type."""


def guarded_parser() -> expat.XMLParserType:
    """A parser that raises DocumentType where a document type begins, before anything of it is read."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def refuse_document_type(stream: BinaryIO) -> None:
    """Read XML up to its first element, before which its document type would stand.

    Raises DocumentType, or expat.ExpatError where it is no XML.
    """
    began = False

    def begin(*_: object) -> None:
        nonlocal began
        began = True

    parser = guarded_parser()
    parser.StartElementHandler = begin
    while not began and (chunk := stream.read(CHUNK_BYTES)):
        parser.Parse(chunk)


def _refuse(*_: object) -> None:
    raise DocumentType("it has a document type, which nothing here needs; take it out")
