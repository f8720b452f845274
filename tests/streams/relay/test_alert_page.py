"""The page of one alert, as a telephone shows it."""

from ioc.notices.book import Book, book_of
from ioc.notices.description import Context
from ioc.notices.links import Links
from ioc.text.bilingual import Text
from streams.relay.pages import alert_page
from streams.web.people.person import Person
from streams.web.people.roles import Role
from tests.ioc.notices.samples import AT_FOUR, FIGURES, alert, episode
from tests.packaged import packaged_catalogue

PERSON = Person("hoa", "Hoa", Role.VIEWER)


def page_with(steps: list[Text]) -> str:
    book: Book = book_of(packaged_catalogue())
    links = Links("https://ioc.example/r", "https://ioc.example/r/runbooks", None)
    one = episode(alert(), FIGURES)
    return alert_page(one, [], Context(book, links, duty_steps={one.alert.name: steps}), AT_FOUR, PERSON)


def test_the_steps_of_the_one_on_duty_stand_in_their_order() -> None:
    page = page_with([Text("Gọi <trưởng ca>.", "Call the shift."), Text("Mở trang.", "Open the page.")])
    assert page.index("<li>☐ Gọi &lt;trưởng ca&gt;.") < page.index("<li>☐ Mở trang.")


def test_without_such_steps_nothing_is_said_of_them() -> None:
    assert "<li>" not in page_with([])
    assert "First steps" not in page_with([])
