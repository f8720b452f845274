"""Rows through the query of a mapping: what it can say, what it cannot reach, and what is told where it fails."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ioc.catalogue import Catalogue
from ioc.events.mappings import Mapper, MappingError, read_mapping
from streams.ingest.ingest import ingest, made_ready
from streams.ingest.origin import TableError
from streams.ingest.report import Report

MAPPING = """
mapping: alerts
subsystem: cybersecurity
prepare: |
  {query}
times: {{since: {{column: since, zone: Asia/Ho_Chi_Minh}}}}
events:
  - event: alert.opened
    time: since
    data: {{alert: id, level: {{constant: high}}, category: {{constant: other}}}}
"""
LOG = """case,what,when
a1,opened,2025-07-24T04:00:00Z
a2,opened,2025-07-24T04:10:00Z
a1,taken,2025-07-24T04:05:00Z
a2,taken,2025-07-24T04:12:00Z
a1,opened,2025-07-24T06:00:00Z
"""
Mapped = Callable[..., Mapper]
FIRST = 'SELECT "case" AS id, min("when") AS since FROM rows GROUP BY ALL'


@pytest.fixture
def mapped(tmp_path: Path, catalogue: Catalogue) -> Mapped:
    """Compiles a mapping with a query."""

    def make(query: str, more: str = "") -> Mapper:
        file = tmp_path / "alerts.yaml"
        text = MAPPING.format(query=query.replace("\n", "\n  ")).replace("times:", f"{more}times:")
        file.write_text(text, encoding="utf-8")
        return Mapper(read_mapping(file), catalogue)

    return make


def file_of(folder: Path, content: str, name: str = "log.csv") -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def told(mapper: Mapper, file: Path) -> list[dict[str, Any]]:
    """What the events of a file say, by time."""
    with made_ready(mapper, file) as ready:
        events = [json.loads(value) for _, value in ready.events()]
    return sorted(({"since": event["time"], **event["data"]} for event in events), key=lambda data: str(data["since"]))


def opened(mapper: Mapper, file: Path) -> list[tuple[str, str]]:
    """Which alert opened when, by time."""
    return [(event["alert"], event["since"]) for event in told(mapper, file)]


@pytest.mark.parametrize(
    ("query", "events"),
    [
        pytest.param(
            """SELECT "case" AS id, min("when") AS since FROM rows WHERE what = 'opened' GROUP BY ALL""",
            [("a1", "2025-07-24T04:00:00Z"), ("a2", "2025-07-24T04:10:00Z")],
            id="first of a case",
        ),
        pytest.param(
            """SELECT "case" AS id, max("when") AS since FROM rows GROUP BY ALL""",
            [("a2", "2025-07-24T04:12:00Z"), ("a1", "2025-07-24T06:00:00Z")],
            id="last of a case",
        ),
        pytest.param(
            """SELECT "case" AS id, "when" AS since FROM rows
               QUALIFY what = 'opened' AND lag(what) OVER (PARTITION BY "case" ORDER BY "when") = 'taken'""",
            [("a1", "2025-07-24T06:00:00Z")],
            id="transition",
        ),
        pytest.param(
            """SELECT t."case" AS id, o."when" AS since FROM rows t JOIN rows o USING ("case")
               WHERE t.what = 'taken' AND o.what = 'opened'
               AND t."when"::TIMESTAMPTZ - o."when"::TIMESTAMPTZ BETWEEN INTERVAL 0 SECOND AND INTERVAL 3 MINUTE""",
            [("a2", "2025-07-24T04:10:00Z")],
            id="comparison of two rows",
        ),
        pytest.param(
            """SELECT "case" AS id, "when" AS since FROM rows WHERE regexp_matches(what, '^tak')""",
            [("a1", "2025-07-24T04:05:00Z"), ("a2", "2025-07-24T04:12:00Z")],
            id="pattern",
        ),
    ],
)
def test_query_says_of_a_log_in_long_form(
    tmp_path: Path, mapped: Mapped, query: str, events: list[tuple[str, str]]
) -> None:
    assert opened(mapped(query), file_of(tmp_path, LOG)) == events


def test_order_of_the_file_does_not_matter_to_a_query_that_orders(tmp_path: Path, mapped: Mapped) -> None:
    header, *rows = LOG.splitlines()
    mapper = mapped('SELECT "case" AS id, "when" AS since FROM rows WHERE what = \'opened\' ORDER BY "when"')
    upside_down = file_of(tmp_path, "\n".join([header, *reversed(rows)]), "upside_down.csv")
    with made_ready(mapper, file_of(tmp_path, LOG)) as one, made_ready(mapper, upside_down) as other:
        assert [*one.events()] == [*other.events()]
        assert one.report.findings.back_in_time == 0


def test_typed_columns_keep_their_types_and_texts_are_texts(tmp_path: Path, mapped: Mapped) -> None:
    frame = pd.DataFrame({
        "id": ["x1", "x2"], "n": [1, 2], "share": [0.5, 1.0], "flag": [True, False],
        "since": pd.to_datetime(["2025-07-24T04:00:00Z", "2025-07-24T05:00:00Z"]),
    })  # fmt: skip
    frame.to_parquet(tmp_path / "typed.parquet")
    typed = mapped("""SELECT * FROM rows
      WHERE n + share > 1.6 AND NOT flag AND since > TIMESTAMPTZ '2025-07-24 04:30:00+00'""")
    assert opened(typed, tmp_path / "typed.parquet") == [("x2", "2025-07-24T05:00:00Z")]
    frame.to_csv(tmp_path / "texts.csv", index=False)
    texts = mapped("SELECT * FROM rows WHERE n = '2' AND typeof(share) = 'VARCHAR'")
    assert [alert for alert, _ in opened(texts, tmp_path / "texts.csv")] == ["x2"]


def test_columns_that_differ_by_row_are_columns_of_the_table(tmp_path: Path, mapped: Mapped) -> None:
    lines = [
        {"id": "a", "since": "2025-07-24T04:00:00Z"},
        {"id": "b", "since": "2025-07-24T05:00:00Z", "n": 1},
        {"id": "c", "since": "2025-07-24T06:00:00Z", "n": "many", "tags": ["x"]},
    ]
    file = file_of(tmp_path, "\n".join(map(json.dumps, lines)), "log.jsonl")
    mapper = mapped("SELECT * FROM rows WHERE n IS NULL OR tags LIKE '%x%'")
    assert [alert for alert, _ in opened(mapper, file)] == ["a", "c"]


def test_integers_that_become_numbers_and_texts_further_down_are_kept(tmp_path: Path, mapped: Mapped) -> None:
    values = [1] * 20_000 + [1.5] + [1] * 20_000 + ["x"]
    lines = [{"id": str(n), "since": "2025-07-24T04:00:00Z", "v": value} for n, value in enumerate(values)]
    file = file_of(tmp_path, "\n".join(map(json.dumps, lines)), "log.jsonl")
    mapper = mapped("SELECT * FROM rows WHERE v IN ('1.5', 'x')")
    assert [alert for alert, _ in opened(mapper, file)] == ["20000", "40001"]


def test_missing_texts_are_null_and_texts_have_no_spaces_around_them(tmp_path: Path, mapped: Mapped) -> None:
    mapper = mapped("SELECT * FROM rows WHERE who IS NULL OR who = 'x'")
    file = file_of(tmp_path, "id,since,who\n1,2025-07-24,NA\n2,2025-07-24, x \n3,2025-07-24,y\n")
    assert [alert for alert, _ in opened(mapper, file)] == ["1", "2"]


def test_zone_of_the_machine_means_nothing(tmp_path: Path, mapped: Mapped, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    mapper = mapped("SELECT id, since::TIMESTAMPTZ AS since FROM rows")
    assert opened(mapper, file_of(tmp_path, "id,since\n1,2025-07-24 04:00:00\n")) == [("1", "2025-07-24T04:00:00Z")]


# What it cannot reach


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{file}')", "read_text('{file}')", "'{file}'", "glob('/*')", "read_blob('/etc/passwd')", "secret",
        "sniff_csv('{file}')", "read_parquet('https://example.org/a.parquet')", "duckdb_secrets()",
    ],
)  # fmt: skip
def test_mapping_reads_nothing_but_its_file(tmp_path: Path, mapped: Mapped, source: str) -> None:
    secret = pd.DataFrame({"id": ["x"], "since": ["2025-07-24"]})  # a variable is no table either
    assert len(secret) == 1
    file = file_of(tmp_path, "id,since\n1,2025-07-24\n")
    with pytest.raises(MappingError, match=r"alerts\.yaml:\d+: prepare: "):
        ingest(mapped(f"FROM {source.format(file=file)}"), file, None)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("COPY rows TO 'stolen.csv'", "it is no query — write one SELECT"),
        ("ATTACH 'other.db'", "it is no query"),
        ("SET enable_external_access = true", "it is no query"),
        ("SELECT 1; SELECT 2", "it is more than one query"),
        ("DROP TABLE rows", "it is no query"),
        ("INSTALL httpfs", "it is no query"),
        ("PIVOT rows ON id USING count(*)", "its columns would depend on the rows — name the values"),
        ("SELEC * FROM rows", 'Parser Error: syntax error at or near "SELEC" — correct the SQL'),
        ("-- nothing", "it is no query"),
    ],
)
def test_what_is_no_query_is_refused_before_a_row_is_read(
    tmp_path: Path, mapped: Mapped, query: str, message: str
) -> None:
    with pytest.raises(MappingError) as refused:
        ingest(mapped(query), tmp_path / "not_there.csv", None)
    assert str(refused.value).startswith(f"{tmp_path / 'alerts.yaml'}:4: prepare: ")
    assert message in str(refused.value)


# What is told where it fails


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT nope FROM rows", 'not found in FROM clause! — there is the table rows with the columns "id", "since"'),
        ("SELECT * FROM log", "Table with name log does not exist! — there is the table rows with the columns"),
        ("SELECT id FROM rows", "its result has no column `since`, which the mapping reads"),
        ("SELECT id, since AS sinc FROM rows", "no column `since`, which the mapping reads — did you mean `sinc`?"),
        ("SELECT id, since, since FROM rows", "its result has `since` twice — give one of the two another name"),
        ("SELECT id, since::INTEGER AS since FROM rows", "take TRY_CAST or try_strptime, which make NULL of what"),
    ],
)  # fmt: skip
def test_query_that_fails_is_told_with_file_line_key_and_fix(
    tmp_path: Path, mapped: Mapped, query: str, message: str
) -> None:
    with pytest.raises(MappingError) as refused:
        ingest(mapped(query), file_of(tmp_path, "id,since\n1,2025-07-24\n"), None)
    assert str(refused.value).startswith(f"{tmp_path / 'alerts.yaml'}:4: prepare: ")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "hint", "right"),
    [
        (
            "SELECT id, since::INTEGER AS since FROM rows",
            "TRY_CAST",
            "SELECT id, coalesce(TRY_CAST(since AS INT)::TEXT, since) AS since FROM rows",
        ),
        ("SELECT id FROM rows", '… AS "since"', "SELECT id, '2025-07-24' AS \"since\" FROM rows"),
        (
            "PIVOT rows ON id USING first(since) AS since",
            "PIVOT rows ON activity IN",
            """SELECT '1' AS id, "1_since" AS since FROM (PIVOT rows ON id IN ('1') USING first(since) AS since)""",
        ),
        ("CREATE TABLE x AS FROM rows", "WITH … AS (…)", "WITH x AS (SELECT * FROM rows) SELECT * FROM x"),
        ("SELECT id, since, since FROM rows", "another name with AS", "SELECT id, since, since AS again FROM rows"),
        (
            "SELECT id, at AS since FROM (SELECT *, since AS at FROM rows)",
            'or "at"',
            'SELECT id, "at" AS since FROM (SELECT *, since AS "at" FROM rows)',
        ),
    ],
)
def test_fix_that_is_told_leads_on(tmp_path: Path, mapped: Mapped, wrong: str, hint: str, right: str) -> None:
    file = file_of(tmp_path, "id,since\n1,2025-07-24\n")
    with pytest.raises(MappingError) as refused:
        ingest(mapped(wrong), file, None)
    assert hint in str(refused.value)
    assert ingest(mapped(right), file, None).events == {"alert.opened": 1}


def test_columns_that_differ_in_capitals_alone_are_refused(tmp_path: Path, mapped: Mapped) -> None:
    with pytest.raises(TableError, match="the columns `id` and `ID` differ in capitals alone"):
        ingest(mapped("SELECT * FROM rows"), file_of(tmp_path, "id,since,ID\n1,2025-07-24,2\n"), None)


def refused(mapper: Mapper, file: Path, rejects: Path | None = None) -> Report:
    return ingest(mapper, file, None, rejects)


def test_refused_row_of_a_query_is_told_with_its_line_where_the_query_keeps_it(tmp_path: Path, mapped: Mapped) -> None:
    file = file_of(tmp_path, "id,since\n1,2025-07-24\n2,soon\n")
    [told] = refused(mapped("SELECT * FROM rows ORDER BY id DESC"), file).refusals
    assert told.startswith(f"{file}:3: row 1: column `since` 'soon'")


def test_refused_row_of_a_query_is_told_with_its_first_cells_elsewhere(tmp_path: Path, mapped: Mapped) -> None:
    file = file_of(tmp_path, "id,since\n1,2025-07-24\n2,soon\n")
    [told] = refused(mapped("SELECT id, max(since) AS since FROM rows GROUP BY id ORDER BY id"), file).refusals
    assert told.startswith(f"{file}: row 2 of `prepare` (id 2, since soon): column `since` 'soon'")


def test_row_that_cannot_be_read_is_refused_before_the_query(tmp_path: Path, mapped: Mapped) -> None:
    file = file_of(tmp_path, "id,since\n1,2025-07-24\n2\n3,2025-07-25\n")
    rejects = tmp_path / "rejects.jsonl"
    report = refused(mapped("SELECT * FROM rows"), file, rejects)
    assert (report.rows_prepared, report.rows_refused, report.events) == (3, {"malformed_row": 1}, {"alert.opened": 2})
    assert json.loads(rejects.read_text())["line"] == 3


def test_file_of_which_no_row_can_be_read_sends_nothing(tmp_path: Path, mapped: Mapped) -> None:
    report = refused(mapped("SELECT * FROM rows"), file_of(tmp_path, "id,since\n1\n2\n"))
    assert (report.rows_refused, report.events) == ({"malformed_row": 2}, {})


def test_query_whose_result_is_empty_sends_nothing(tmp_path: Path, mapped: Mapped) -> None:
    report = refused(mapped("SELECT * FROM rows WHERE false"), file_of(tmp_path, "id,since\n1,2025-07-24\n"))
    assert (report.rows_prepared, report.rows_read, report.events) == (1, 0, {})


def test_nothing_of_the_rows_is_left_on_disk(tmp_path: Path, mapped: Mapped, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(own))
    with made_ready(mapped(FIRST), file_of(tmp_path, LOG)):
        assert {folder.stat().st_mode & 0o077 for folder in own.iterdir()} == {0}
    assert list(own.iterdir()) == []
