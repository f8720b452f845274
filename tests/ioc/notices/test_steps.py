"""How far people are with a runbook's steps."""

from ioc.notices.book import book_of
from ioc.notices.description import Context
from ioc.notices.episode import Episode, StepDone
from ioc.notices.links import Links
from ioc.notices.runbook import FIRST_STEPS, duty_steps
from ioc.notices.shift_report import Shift, shift_report
from ioc.notices.steps import mark_of, progress
from ioc.text.bilingual import Text
from tests.ioc.notices.samples import AT_FOUR, alert
from tests.packaged import packaged_catalogue

CALL = Text("Gọi trưởng ca.", "Call the head.")
LOOK = Text("Xem địa bàn.", "See the areas.")
TELL = Text("Báo đơn vị.", "Tell the unit.")
STEPS = [CALL, LOOK, TELL]
DONE = (StepDone(LOOK, "Lan", AT_FOUR + 60), StepDone(CALL, "Minh", AT_FOUR + 120))


def test_it_says_how_many_of_how_many_and_who_did_the_last_one() -> None:
    its = progress(STEPS, DONE)
    assert its.of("en") == "2 of 3 steps, last by Minh, 24/07/2025 04:02"
    assert its.of("vi") == "2/3 bước, gần nhất Minh, 24/07/2025 04:02"
    assert its.left == [TELL]
    assert progress(STEPS, ()).of("en") == "0 of 3 steps"


def test_a_step_whose_words_changed_is_not_done_and_what_was_done_is_still_told() -> None:
    changed = Text("Gọi trưởng ca và phó ca.", CALL.en)
    its = progress([changed, LOOK], DONE)
    assert its.steps == ((changed, None), (LOOK, DONE[0]))
    assert its.former == (DONE[1],)
    assert its.of("en").startswith("1 of 2 steps, last by Lan")
    assert len({mark_of(step) for step in (changed, CALL, LOOK, TELL)}) == 4


def test_a_step_that_is_there_twice_in_the_same_words_is_not_done_twice_by_one_tick() -> None:
    vietnamese, english = (["", f"## {heading}", ""] for heading in (FIRST_STEPS.vi, FIRST_STEPS.en))
    for number, step in enumerate((CALL, LOOK, CALL), 1):
        vietnamese.append(f"{number}. {step.vi}")
        english.append(f"{number}. {step.en}")
    steps = duty_steps("\n".join([*vietnamese, *english, ""]))
    assert steps == [CALL, LOOK]
    assert progress(steps, [StepDone(CALL, "Lan", AT_FOUR)]).of("en").startswith("1 of 2 steps")


def test_without_steps_nothing_is_said() -> None:
    assert progress((), DONE).of("en") == ""


def test_the_shift_report_tells_of_each_alert_what_was_done_of_it_by_the_end_of_the_shift() -> None:
    one = alert()
    links = Links("https://ioc.example", "https://ioc.example/runbooks")
    context = Context(book_of(packaged_catalogue()), links, duty_steps={one.name: STEPS})
    episodes = [Episode(one, AT_FOUR, steps=DONE)]
    report = shift_report(Shift(AT_FOUR - 60, AT_FOUR + 90, episodes, []), context)
    assert "| Các bước (Steps) |" in report
    assert "| 1/3 bước, gần nhất Lan, 24/07/2025 04:01 |" in report
