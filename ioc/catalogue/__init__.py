"""The catalogue: the one place where subsystems, events, KPIs, limits and texts are declared."""

from ioc.catalogue.faults import CatalogueError, Fault
from ioc.catalogue.loader import load
from ioc.catalogue.model import Catalogue, Subsystem

__all__ = ["Catalogue", "CatalogueError", "Fault", "Subsystem", "load"]
