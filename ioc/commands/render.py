"""``ioc render``: write again what is derived from the catalogue."""

from pathlib import Path

from rich.console import Console

from dashboards.render import render as rendered
from ioc.catalogue import load


def render(root: Path, console: Console, *, check: bool) -> int:
    """Write the derived files below ``root``; with ``check`` write nothing and return 1 where one differs."""
    stale = {path: text for path, text in rendered(load()).items() if _read(root / path) != text}
    for path, text in stale.items():
        console.print(f"{'differs' if check else 'written'}: {path}")
        if not check:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
    console.print(f"{len(stale)} of the derived files {'differ' if check else 'were written'}")
    return 1 if check and stale else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
