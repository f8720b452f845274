"""Any text in any place comes through every output as it is, or is refused where it is written."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from ioc.catalogue import Catalogue
from ioc.catalogue.faults import CatalogueError
from tests.texts import outputs
from tests.texts.catalogues import PLACES, catalogue_named, catalogue_of
from tests.texts.texts import ALL, REFUSED, SHOWN, made_up

SEED = 17


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return catalogue_of(tmp_path_factory.mktemp("catalogue"), SHOWN)


@pytest.mark.parametrize("text", REFUSED)
def test_what_some_output_cannot_show_is_refused_in_every_place(tmp_path: Path, text: str) -> None:
    with pytest.raises(CatalogueError) as raised:
        catalogue_of(tmp_path, [text])
    told = {fault.path for fault in raised.value.faults}
    assert told >= {place for place in PLACES if text or place.endswith((".vi", ".en"))}
    assert {"units[0].name", "name.vi"} <= told


@pytest.mark.prometheus
@pytest.mark.parametrize("check", outputs.OF_CATALOGUES, ids=lambda check: check.__name__)
def test_names_come_through_as_they_are(
    catalogue: Catalogue, tmp_path: Path, check: Callable[[Catalogue, Path], None]
) -> None:
    check(catalogue, tmp_path)


@pytest.mark.prometheus
@pytest.mark.parametrize("check", outputs.OF_CATALOGUES, ids=lambda check: check.__name__)
def test_slugs_of_63_letters_have_pages_of_their_own(tmp_path: Path, check: Callable[[Catalogue, Path], None]) -> None:
    check(catalogue_named(tmp_path / "catalogue", "a" * 63, "a" * 62 + "b"), tmp_path)


@pytest.mark.parametrize("slug", ["a" * 64, "platform", "unit"])
def test_a_slug_too_long_or_of_another_page_is_refused(tmp_path: Path, slug: str) -> None:
    with pytest.raises(CatalogueError, match=r"subsystem: .*(form|taken)"):
        catalogue_named(tmp_path, slug)


def test_ids_and_labels_of_cases_come_through_as_they_are(catalogue: Catalogue) -> None:
    outputs.cases(catalogue, [text for text in ALL if text])


@pytest.mark.prometheus
def test_labels_of_metrics_come_through_as_they_are(tmp_path: Path) -> None:
    outputs.metrics(ALL, tmp_path)


@pytest.mark.prometheus
def test_made_up_texts_come_through_or_are_refused(tmp_path: Path) -> None:
    random = Random(SEED)
    texts = [made_up(random) for _ in range(30)]
    shown = outputs.everything(texts, tmp_path)
    assert 5 < shown < len(texts)
