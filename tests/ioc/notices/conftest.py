"""What messages are made of: the packaged catalogue's book, and its calendar."""

import pytest

from ioc.catalogue import Catalogue
from ioc.catalogue.calendar import WorkingCalendar
from ioc.notices.book import Book, book_of


@pytest.fixture(scope="session")
def book(catalogue: Catalogue) -> Book:
    return book_of(catalogue)


@pytest.fixture(scope="session")
def calendar(catalogue: Catalogue) -> WorkingCalendar:
    return WorkingCalendar.of(catalogue.province.calendar)
