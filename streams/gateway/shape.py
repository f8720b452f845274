"""The outward shape of a JSON text, seen before anything is made of it: how deep it nests, how many elements it has.

A reader of JSON makes an object of every element, some hundred bytes each: a text of two bytes an element becomes fifty
times as large. Here nothing is made: brackets, commas and quotes are counted, a piece at a time.
"""

import numpy as np

from ioc.events.decoding import Rejection

DEEPEST = 32
"""Brackets within brackets; an event in a batch needs three."""

_PIECE = 64 * 1024
_STEP = np.zeros(256, np.int8)
_STEP[[ord("["), ord("{")]] = 1
_STEP[[ord("]"), ord("}")]] = -1


def check_shape(body: bytes, most: int) -> None:
    """Refuse what nests too deeply, and an array of more than ``most`` elements.

    What is no JSON may pass; the reader tells it. Raises Rejection.
    """
    # In a text without them, each quote begins a string or ends one.
    if b"\\" in body:
        body = body.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
    is_array = body.lstrip()[:1] == b"["
    depth, within, commas = 0, False, 0
    for start in range(0, len(body), _PIECE):
        piece = np.frombuffer(body, np.uint8, min(_PIECE, len(body) - start), start)
        inside = np.cumsum(piece == ord('"'), dtype=np.uint32) + within & 1
        within = bool(inside[-1])
        depths = np.cumsum(np.where(inside, 0, _STEP[piece]), dtype=np.int32) + depth
        depth = int(depths[-1])
        if depths.max() > DEEPEST:
            raise Rejection("too_deep", f"more than {DEEPEST} brackets are within each other")
        if is_array:
            commas += int(np.count_nonzero((piece == ord(",")) & (depths == 1) & (inside == 0)))
            if commas >= most:
                raise too_many(most)


def too_many(most: int) -> Rejection:
    return Rejection("too_many", f"a request holds at most {most:,} events: send them in several")
