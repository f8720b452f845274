"""Mappings: how the rows of a file become events. One YAML file per form of file; the packaged ones lie here."""

from ioc.mappings.loader import MappingError, packaged, read_mapping
from ioc.mappings.mapper import Mapper, Outgoing
from ioc.mappings.model import Mapping
from ioc.mappings.row import Cells, RowFault

__all__ = ["Cells", "Mapper", "Mapping", "MappingError", "Outgoing", "RowFault", "packaged", "read_mapping"]
