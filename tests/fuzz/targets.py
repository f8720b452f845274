"""What is fuzzed: each target takes one made-up input and must end it, taken or refused with a reason."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from ioc.catalogue import load
from ioc.catalogue.faults import CatalogueError, Fault
from ioc.catalogue.loader import PACKAGED, load_files, subsystem_files
from ioc.engine.judge import INTERNAL
from ioc.engine.plan import compile_plan
from ioc.engine.shard import Shard
from ioc.events.dead_letter import FIRST, DeadLetter
from ioc.events.mappings.loader import packaged, read_mapping
from ioc.events.mappings.mapper import Mapper
from ioc.events.mappings.row import RowFault
from ioc.events.records import Batch
from streams.ingest.ingest import ingest
from streams.ingest.origin import TableError
from streams.ingest.tables import open_table
from tests.fuzz.files import odd_file, odd_reads
from tests.fuzz.messages import Answers, Letters, Webhooks
from tests.fuzz.mutations import mutated, mutated_json, mutated_lines, odd_header, odd_value
from tests.oracle.topics import Store
from tests.soak.made_up import MadeUp, Message
from tests.texts.outputs import everything
from tests.texts.texts import made_up

Target = Callable[[Random], str]
"""Takes one input made of chance, returns what became of it; raises AssertionError where it broke a promise."""

YEAR_2027 = 1_798_761_600_000
RESTORE_EVERY = 2_000


class Broken(Exception):
    """An input that broke something, with what is needed to look at it."""

    def __init__(self, shown: object) -> None:
        super().__init__(repr(shown)[:4000])


class Decoder:
    """Records through decoder, lifecycles, checkpoint and restore: each must be applied or become a dead letter."""

    def __init__(self, seed: int) -> None:
        self._plan = compile_plan(load())
        self._shard = Shard(self._plan, 0, 1)
        self._store = Store()
        self._messages: Iterator[Message] = iter(MadeUp(self._plan.catalogue, seed, 1))
        self._offsets: Counter[str] = Counter()
        self._fed = 0

    def __call__(self, random: Random) -> str:
        message = next(self._messages)
        value = message.value
        headers: list[tuple[str, bytes | None]] = list(message.headers)
        chance = random.random()
        if value is not None and chance < 0.4:
            value = mutated_json(value, random)
        elif value is not None and chance < 0.7:
            value = mutated(value, random)
        elif chance < 0.8:
            headers = [(name, odd_header(text, random)) for name, text in headers]
            headers += [(name, odd_header(b"1", random)) for name in FIRST if random.random() < 0.3]
        elif chance < 0.85:
            value = random.randbytes(random.randrange(200))
        try:
            return self._feed(message.subsystem, message.key, value, headers)
        except Exception as error:
            raise Broken((message.subsystem, message.key, value, headers)) from error

    def _feed(self, slug: str, key: bytes, value: bytes | None, headers: list[tuple[str, bytes | None]]) -> str:
        offset = self._offsets[slug]
        self._offsets[slug] += 1
        fates = self._shard.sources[slug].fates
        before = fates.applied, fates.duplicate, fates.rejected
        self._shard.apply(Batch(slug, 0, [offset], [YEAR_2027], [key], [value], [headers]))  # type: ignore[list-item]
        after = fates.applied, fates.duplicate, fates.rejected
        moved = [name for name, one, other in zip(("applied", "duplicate", "rejected"), before, after, strict=True)
                 if one != other]  # fmt: skip
        assert len(moved) == 1, f"one record moved {moved}"
        assert fates.consumed == sum(after), "consumed is not applied, duplicate and rejected"
        self._fed += 1
        if moved == ["rejected"] or self._fed % RESTORE_EVERY == 0:
            return self._checkpoint(moved[0])
        return moved[0]

    def _checkpoint(self, fate: str) -> str:
        checkpoint = self._shard.checkpoint()
        assert checkpoint is not None
        self._store.write(0, checkpoint)
        if self._fed % RESTORE_EVERY == 0:
            self._shard = self._store.restore(self._plan, 0, 1)
        if fate != "rejected":
            return fate
        record = checkpoint.dead_letters[-1]
        letter = DeadLetter.from_record(record.value, tuple(record.headers))
        assert letter.reason
        assert letter.reason != INTERNAL, letter.detail
        assert letter.detail
        return f"rejected: {letter.reason}"


class Catalogue:
    """Subsystem files with lines and bytes changed: loaded, or refused with faults that name a line and a fix."""

    def __init__(self, seed: int) -> None:
        self._texts = {file.name: file.read_bytes() for file in subsystem_files()}
        self._folder = TemporaryDirectory(prefix="ioc-fuzz-")

    def __call__(self, random: Random) -> str:
        name = random.choice([*self._texts])
        text = mutated_lines(self._texts[name], random)
        if random.random() < 0.1:
            text = mutated(text, random)
        file = Path(self._folder.name) / name
        file.write_bytes(text)
        try:
            compile_plan(load_files(PACKAGED / "province.yaml", [file]))
        except CatalogueError as error:
            return _refused(error)
        except Exception as error:
            raise Broken(text.decode(errors="replace")) from error
        return "loaded"


class Mapping:
    """Mappings with lines changed, and odd rows through sound ones: events, or a refusal with a reason."""

    def __init__(self, seed: int) -> None:
        self._catalogue = load()
        self._files = list(packaged().values())
        forms = map(read_mapping, self._files)
        # Some mappings are for catalogues that come as examples.
        own = [form for form in forms if form.mapping.subsystem in self._catalogue.subsystems]
        self.mappers = [Mapper(form, load(units=form.units)) for form in own]

    def __call__(self, random: Random) -> str:
        return self._row(random) if random.random() < 0.95 else self._file(random)

    def _row(self, random: Random) -> str:
        mapper = random.choice(self.mappers)
        cells = {column: odd_value(random) for column in mapper.columns if random.random() < 0.95}
        try:
            return f"{len(mapper.events(cells))} events of a row"
        except RowFault as fault:
            return _row_refused(fault)
        except Exception as error:
            raise Broken(cells) from error

    def _file(self, random: Random) -> str:
        text = mutated_lines(random.choice(self._files).read_bytes(), random)
        with TemporaryDirectory(prefix="ioc-fuzz-") as folder:
            file = Path(folder) / "changed.yaml"
            file.write_bytes(text)
            try:
                Mapper(read_mapping(file), self._catalogue)
            except CatalogueError as error:
                return _refused(error)
            except Exception as error:
                raise Broken(text.decode(errors="replace")) from error
        return "mapping read"


class Ingest:
    """Files of odd rows, often with bytes changed or read otherwise than they are written, through ``ioc ingest``: each
    row has one fate, or none is taken."""

    def __init__(self, seed: int) -> None:
        self._mappers = Mapping(seed).mappers
        self._folder = TemporaryDirectory(prefix="ioc-fuzz-")
        odd_file(["x"], Random(0))  # imports at leisure what no input should be blamed for

    def __call__(self, random: Random) -> str:
        mapper = random.choice(self._mappers)
        ending, content = odd_file([*mapper.columns], random)
        mapper.mapping = mapper.mapping.model_copy(update={"reads": odd_reads(random)})
        file, rejects = Path(self._folder.name) / f"rows{ending}", Path(self._folder.name) / "rejects"
        file.write_bytes(content)
        try:
            report = ingest(mapper, file, None, rejects)
        except TableError as error:
            return f"{ending} refused: {str(error).removeprefix(str(file))[:20]}"
        except CatalogueError as error:
            # The query of a mapping over columns that it was not written for.
            return _refused(error)
        except Exception as error:
            raise Broken((mapper.mapping.mapping, content)) from error
        refused = report.rows_refused.total()
        assert report.rows_read == report.rows_mapped + report.rows_without_event + refused, report
        assert rejects.read_text().count("\n") == refused, "a refused row is not told"
        return f"{ending}: {'some rows refused' if refused else 'every row taken'}"


class Files:
    """The same files through their readers alone, which are quicker: rows, or a reason why there are none."""

    def __init__(self, _: int) -> None:
        self._folder = TemporaryDirectory(prefix="ioc-fuzz-")
        odd_file(["x"], Random(0))

    def __call__(self, random: Random) -> str:
        columns = [random.choice(["id", "ngày tiếp nhận", "a.b", "x"]) for _ in range(random.randrange(1, 5))]
        ending, content = odd_file(columns, random)
        file = Path(self._folder.name) / f"rows{ending}"
        file.write_bytes(content)
        wanted = random.choice([None, dict.fromkeys(columns, False), dict.fromkeys(columns, True)])
        rows, refused = [], ""
        try:
            rows = list(open_table(file, odd_reads(random), wanted).rows())
        except TableError as error:
            refused = str(error)
        except Exception as error:
            raise Broken(content) from error
        assert "\n" not in refused, refused
        if refused:
            return f"{ending} refused: {refused.removeprefix(str(file))[:20]}"
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        return f"{ending}: {'some rows refused' if any(isinstance(row.content, RowFault) for row in rows) else 'read'}"


class Texts:
    """Names made of odd pieces through rules, dashboards, documents, pages and metrics, each read by its reader."""

    def __init__(self, seed: int) -> None:
        self._folder = TemporaryDirectory(prefix="ioc-fuzz-")

    def __call__(self, random: Random) -> str:
        texts = [made_up(random) for _ in range(12)]
        with TemporaryDirectory(dir=self._folder.name) as folder:
            try:
                shown = everything(texts, Path(folder))
            except Exception as error:
                raise Broken(texts) from error
        return f"{shown} of {len(texts)} names shown, the others refused"


def _row_refused(fault: RowFault) -> str:
    assert fault.reason, "refused without a reason"
    return f"row refused: {fault.reason}"


def _refused(error: CatalogueError) -> str:
    assert error.faults, "refused without a fault"
    for fault in error.faults:
        assert fault.message, fault
        assert fault.fix, fault
    first: Fault = error.faults[0]
    return "refused: " + re.sub(r"[`'\"].*?[`'\"]|\d+", "…", first.message)[:40]


TARGETS: dict[str, Callable[[int], Target]] = {
    "decoder": Decoder,
    "catalogue": Catalogue,
    "mapping": Mapping,
    "files": Files,
    "ingest": Ingest,
    "texts": Texts,
    "answers": Answers,
    "webhooks": Webhooks,
    "letters": Letters,
}
