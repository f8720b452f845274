"""Labels as Prometheus' text formats write them: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from functools import lru_cache

LabelPairs = tuple[tuple[str, str], ...]
"""Names of labels and their values."""


@lru_cache(maxsize=1 << 16)
def label_set(labels: LabelPairs) -> str:
    """Labels in braces, by name; remembered, as the same ones stand at many metrics."""
    if not labels:
        return ""
    texts = (f'{name}="{quoted(value)}"' for name, value in sorted(labels))
    return f"{{{','.join(texts)}}}"


def escaped(text: str) -> str:
    """A text that is one line."""
    return text.replace("\\", r"\\").replace("\n", r"\n")


def quoted(text: str) -> str:
    """A text that may stand between quotes."""
    return escaped(text).replace('"', r"\"")
