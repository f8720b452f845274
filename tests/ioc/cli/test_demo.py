import shutil
from pathlib import Path

from rich.console import Console

from ioc.catalogue import Catalogue
from ioc.cli.demo import Demo
from ioc.cli.playback import PlaybackFailed
from streams.settings.settings import Settings


class StandingStill(Demo):
    """A demo in which nothing moves."""

    logs: Path

    def _settings_in(self, folder: Path) -> Settings:
        self.logs = folder / "logs"
        raise PlaybackFailed(f"there was no progress; see {self.logs}")

    def _play(self, *_: object) -> int:
        raise NotImplementedError


def test_the_logs_that_a_failed_demo_names_are_there(catalogue: Catalogue) -> None:
    console = Console(record=True, width=200)
    demo = StandingStill(Settings(), catalogue, console, workers=1, folder=None)
    assert demo.run() == 1
    try:
        assert str(demo.logs) in console.export_text()
        assert demo.logs.is_dir()
    finally:
        shutil.rmtree(demo.logs.parent)
