"""The kinds of KPI: each is the one class of a module of this folder, and is found there by its module's name."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Annotated, Any, Union, get_args

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from ioc.kpis.base import Kpi


def kind_in(name: str) -> type[Kpi]:
    """The kind in a module of this folder. Raises TypeError for one that does not hold a kind named like itself."""
    module = import_module(f"{__name__}.{name}")
    own = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    kinds = [each for each in own if issubclass(each, Kpi)]
    if len(kinds) != 1 or get_args(kinds[0].model_fields["kind"].annotation) != (name,):
        raise TypeError(f'{module.__file__}: write one class of a KPI in it, with kind: Literal["{name}"]')
    return kinds[0]


KINDS: Mapping[str, type[Kpi]] = {module.name: kind_in(module.name) for module in iter_modules(__path__)}
"""The class of each kind, in the order of their names."""


class _OfItsKind:
    """Has pydantic read a KPI as the class of its ``kind``."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler.generate_schema(Annotated[Union[tuple(KINDS.values())], Field(discriminator="kind")])  # noqa: UP007 (built at run time)


AnyKpi = Annotated[Kpi, _OfItsKind]
"""Any KPI of the catalogue, told apart by its ``kind``."""
