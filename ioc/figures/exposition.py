"""The figures as metric families, ready for any exposition format."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from ioc.catalogue.feeds import feeds_of_kpi
from ioc.engine.plan import Plan
from ioc.engine.recount import columns_read_by
from ioc.figures.clock import Clock
from ioc.figures.family import Family
from ioc.figures.hearing import hear
from ioc.figures.knowledge import Backlog, doubts_of, knowledge_of
from ioc.figures.label_text import LabelPairs
from ioc.figures.merged import MergedFigures
from ioc.figures.source_families import Source, source_families
from ioc.figures.view import Breakdown, Figure, SubsystemView, breakdowns_of, figures_of
from ioc.kpis import metric_names
from ioc.kpis.base import Kpi
from ioc.kpis.measures import Labels
from ioc.time.instants import EpochSeconds
