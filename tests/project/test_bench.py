"""What the README says of the benchmark is what the benchmark wrote."""

from bench.report import README, RESULTS, shown_in


def test_the_readme_shows_the_summary_of_the_last_results() -> None:
    assert (RESULTS / "latest.md").read_text().startswith(shown_in(README.read_text()))
