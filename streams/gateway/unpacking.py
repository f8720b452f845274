"""Packed bodies: unpacked up to a limit, whatever would come out of them."""

import zlib

from ioc.events.decoding import Rejection

ENCODINGS = ("gzip", "deflate")
"""What a body may be packed with."""

_GZIP, _ZLIB, _BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class TooLarge(Exception):
    """More would come out than may."""


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """The body without its encoding, one of ``ENCODINGS`` or none.

    Raises:
        TooLarge: it has more than ``most`` bytes.
        Rejection: it is torn.
    """
    if encoding not in ENCODINGS:
        return body
    # Some send what "deflate" sounds like, without the frame that it means.
    framed = encoding == "gzip" or (len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0)
    unpacker = zlib.decompressobj(_GZIP if encoding == "gzip" else _ZLIB if framed else _BARE)
    try:
        made = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise Rejection("malformed", f"the body cannot be unpacked: {error}") from None
    if len(made) > most:
        raise TooLarge
    if not unpacker.eof or unpacker.unused_data:
        raise Rejection("malformed", "the body cannot be unpacked: it is torn, or more follows it")
    return made
