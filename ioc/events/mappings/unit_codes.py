"""Codes of administrative units as rows write them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from ioc.catalogue.faults import nearest
from ioc.catalogue.model import Unit
from ioc.events.mappings.row import RowFault, composed


class UnitCodes:
    """Finds units by their codes, with or without the zeros that official lists write before them: 08716 is 8716.

    Args:
        units: by their codes; where there are none, every code is taken.
    """

    def __init__(self, units: Mapping[str, Unit]) -> None:
        self._units = units
        self._by_number = _unambiguous((code.lstrip("0"), code) for code in units if code.isdecimal())
        self._by_name = _unambiguous((composed(unit.name).casefold(), code) for code, unit in units.items())

    def code_of(self, text: str, column: str) -> str:
        """The code of the unit that a text stands for. Raises RowFault."""
        if text in self._units or not self._units:
            return text
        found = self._by_number.get(text.lstrip("0")) if text.isdecimal() else None
        if found is None:
            raise RowFault("invalid_value", self._hint(text), column, text)
        return found

    def _hint(self, text: str) -> str:
        named = self._by_name.get(text.casefold())
        if named is not None:
            return f'there is no unit of that code, but one of that name; say `table: {{{text}: "{named}"}}`'
        otherwise = "say in a `table` of the mapping which unit it stands for, or name a file of units with --units"
        return f"there is no unit of that code; {nearest(text, self._units, otherwise)}"


def _unambiguous(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The pairs whose first part comes but once: between two units nothing is guessed."""
    known = list(pairs)
    often = Counter(first for first, _ in known)
    return {first: second for first, second in known if often[first] == 1}
