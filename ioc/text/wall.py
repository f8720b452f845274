"""How the pages of the wall are called in addresses: what messages, runbooks and the dashboards themselves agree on."""

import hashlib

from ioc.text.bilingual import Language

TAG = "ioc"
"""What every dashboard and every note on the charts is marked with."""
LONGEST_UID = 40
"""Letters: Grafana takes no dashboard whose uid has more."""
_DIGEST = 8


def dashboard_uid(name: str, language: Language) -> str:
    """The uid of a page in one language; ``name`` is a subsystem's slug or the page's own.

    What is too long is cut, and told apart by a digest.
    """
    written = name.replace("_", "-")
    room = LONGEST_UID - len(f"ioc-{language}-")
    if len(written) > room:
        digest = hashlib.sha256(written.encode()).hexdigest()[:_DIGEST]
        written = f"{written[: room - _DIGEST - 1]}-{digest}"
    return f"ioc-{language}-{written}"
