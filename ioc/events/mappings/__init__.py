"""Mappings: how the rows of a file become events. One YAML file per form of file; the packaged ones lie here."""

from ioc.events.mappings.block import Block, Columns
from ioc.events.mappings.block_mapper import BlockMapper
from ioc.events.mappings.ids import numbered
from ioc.events.mappings.loader import MappingError, packaged, read_mapping
from ioc.events.mappings.mapper import Mapper, Outgoing
from ioc.events.mappings.model import Mapping
from ioc.events.mappings.row import Cells, RowFault

__all__ = [
    "Block", "BlockMapper", "Cells", "Columns", "Mapper", "Mapping", "MappingError", "Outgoing", "RowFault", "numbered",
    "packaged", "read_mapping",
]  # fmt: skip
