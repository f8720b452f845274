"""How a KPI is computed, in words: what `ioc explain` and the reference say of its formula."""

from collections.abc import Iterable

from ioc.catalogue.model import Subsystem
from ioc.kpis import AnyKpi, air, amounts, counting, derived, levels, reporting, surge, targets
from ioc.kpis.measures import Where
from ioc.text.bilingual import Language, Text
from ioc.text.formats import number
from ioc.time.durations import Duration

_OUTCOMES = {
    "early": Text("trước hạn", "early"),
    "on_time": Text("đúng hạn", "on time"),
    "late": Text("quá hạn", "late"),
    "no_deadline": Text("không có hạn", "without a deadline"),
}
_PHASES = {
    "any": Text("đang mở", "open"),
    "running": Text("đang mở, không tạm dừng", "open and not suspended"),
    "suspended": Text("đang tạm dừng", "suspended"),
}
_COMBINED = {
    "sum": Text("tổng các", "sum of the"),
    "max": Text("lớn nhất trong các", "largest of the"),
    "min": Text("nhỏ nhất trong các", "smallest of the"),
    "mean": Text("trung bình các", "mean of the"),
    "count": Text("số lượng", "number of"),
}
_YES_NO = {True: Text("có", "yes"), False: Text("không", "no")}


def formula(subsystem: Subsystem, kpi: AnyKpi, language: Language) -> str:
    """What the KPI's value is made of, naming events, fields and other KPIs by their texts."""
    return _Writer(subsystem, language).formula(kpi)


class _Writer:
    """Writes formulas of one subsystem in one language."""

    def __init__(self, subsystem: Subsystem, language: Language) -> None:
        self._subsystem = subsystem
        self._language = language

    def formula(self, kpi: AnyKpi) -> str:
        text = self._counted(kpi) or self._measured(kpi) or self._compared(kpi)
        at_each = f"{self._say('tại từng', 'at each')} {self._field(kpi.at_each)}: " if kpi.at_each else ""
        where = self._where(getattr(kpi, "where", ()))
        return f"{at_each}{text}{where}"

    def _counted(self, kpi: AnyKpi) -> str | None:
        """Kinds that count events and entities."""
        match kpi:
            case counting.OnTime():
                outcomes = f" {self._say('hoặc', 'or')} ".join(self._word(_OUTCOMES[each]) for each in kpi.outcomes)
                return f"{self._say('số', 'number of')} {self._events(kpi.of)} {outcomes}"
            case counting.Count():
                return f"{self._say('số', 'number of')} {self._events(kpi.of)}"
            case counting.Open():
                return f"{self._entities(kpi.entity)} {self._word(_PHASES[kpi.phase])}{self._until(kpi.until)}"
            case counting.Overdue():
                return f"{self._entities(kpi.entity)} {self._due(kpi.entity, kpi.deadline, kpi.within)}"
            case counting.Oldest():
                oldest = self._say("thời gian từ khi mở lâu nhất trong", "time since the opening of the oldest open")
                name = self._text(self._subsystem.entities[kpi.entity].name)
                return f"{oldest} {name}{self._say(' đang mở', '')}{self._until(kpi.until)}"
            case counting.OpenLongerThan():
                longer = self._say("đang mở lâu hơn", "open for longer than")
                return f"{self._entities(kpi.entity)} {longer} {kpi.duration}{self._until(kpi.until)}"
            case counting.Distinct():
                different = self._say("số giá trị khác nhau của", "number of different")
                return f"{different} {self._field(kpi.field)} {self._say('trong', 'in')} {self._events(kpi.of)}"
            case counting.Alive():
                heard = self._say("có tín hiệu trong", "heard of within")
                known = str(kpi.inventory) if kpi.inventory else f"{self._say('số', 'those')} {heard} 7d"
                name = self._text(self._subsystem.presences[kpi.presence].name)
                return f"{name} {heard} {kpi.timeout} / {known}"
            case _:
                return None

    def _measured(self, kpi: AnyKpi) -> str | None:
        """Kinds that read amounts from events."""
        match kpi:
            case amounts.Sum():
                return f"{self._say('tổng', 'sum of')} {self._field(kpi.field)} {self._over(kpi.of)}"
            case amounts.Mean():
                return f"{self._say('trung bình', 'mean of')} {self._field(kpi.field)} {self._over([kpi.of])}"
            case amounts.Last():
                latest = self._say("giá trị mới nhất của", "latest values of")
                young = "" if kpi.max_age is None else f", {self._say('không cũ hơn', 'not older than')} {kpi.max_age}"
                per = f" {self._say('của từng', 'of each')} {self._fields(kpi.per)}" if kpi.per else ""
                if kpi.combine == "newest":
                    latest = self._say("giá trị mới nhất của", "latest value of")
                    return f"{latest} {self._field(kpi.field)}{per} {self._over([kpi.of])}{young}"
                combined = self._word(_COMBINED[kpi.combine])
                return f"{combined} {latest} {self._field(kpi.field)}{per} {self._over([kpi.of])}{young}"
            case amounts.Age():
                since = self._say("thời gian từ lần cuối có", "time since the last")
                per = f" {self._say('của từng', 'of each')} {self._fields(kpi.per)}" if kpi.per else ""
                return f"{since} {self._events([kpi.of])}{per}"
            case amounts.DurationKpi():
                took = self._say("của thời gian từ khi mở đến", "of the time from opening to")
                apart = self._say("không kể thời gian tạm dừng", "suspensions left out")
                return f"p{kpi.quantile * 100:g} {took} {self._events([kpi.to])}, {apart}"
            case levels.AlarmLevel():
                reached = self._say("số mức báo động mà giá trị mới nhất của", "alarm levels reached by the latest")
                young = "" if kpi.max_age is None else f", {self._say('không cũ hơn', 'not older than')} {kpi.max_age}"
                return f"{reached} {self._field(kpi.field)}{self._say(' đã đạt', '')}{young}"
            case air.VnAqi():
                return self._say(
                    "VN_AQI theo Quyết định 1459/QĐ-TCMT, từ trung bình giờ của từng thông số",
                    "VN_AQI by Decision 1459/QĐ-TCMT, from the hourly means of each parameter",
                )
            case air.Exceedance():
                hours = self._say("số giờ trong 24 giờ qua vượt quy chuẩn", "of the last 24 hours those above a norm")
                norms = "; ".join(
                    f"{norm.parameter} {norm.mean} > {norm.limit:g} ({norm.since:%d/%m/%Y})" for norm in kpi.norms
                )
                return f"{hours} ({norms})"
            case _:
                return None

    def _compared(self, kpi: AnyKpi) -> str:
        """Kinds that hold KPIs and reports against each other."""
        match kpi:
            case derived.Ratio():
                return f"{self._terms(kpi.numerator)} / {self._terms(kpi.denominator)}"
            case derived.Difference():
                least = self._say("ít nhất là", "at least")
                floor = "" if kpi.at_least is None else f", {least} {kpi.at_least:g}"
                return self._terms(kpi.of).strip("()") + floor
            case targets.Progress():
                behind = self._say("mốc kế hoạch của ngày trừ", "the date's milestone less")
                return f"{behind} {self._field(kpi.actual.field)} / {self._field(kpi.plan.field)}"
            case targets.ShareBelow():
                below = self._say("số có giá trị dưới", "those whose value is below")
                of = self._kpi(kpi.of)
                return f"{self._field(kpi.across)}: {below} {kpi.below:g} / {self._say('tất cả', 'all')}; {of}"
            case reporting.Reported():
                timely = self._say("khác nhau báo cáo trong 24 giờ trước", "that reported in the 24 hours before")
                return f"{self._field(kpi.field)} {timely} {kpi.deadline:02d}:00 / {self._kpi(kpi.inventory)}"
            case surge.Surge():
                usual = self._say(
                    "trong giờ vừa qua / trung vị của cùng giờ trong 28 ngày",
                    "in the last complete hour / median of the same hour over 28 days",
                )
                return f"{self._say('số', 'number of')} {self._events([kpi.of])} {usual}"
            case derived.Declared():
                declared = self._say("khai báo trong danh mục", "declared in the catalogue")
                return f"{number(kpi.value, 0 if kpi.value.is_integer() else 2, self._language)}, {declared}"
            case _:
                raise AssertionError(f"a kind without a formula: {kpi.kind}")

    def _say(self, vi: str, en: str) -> str:
        return vi if self._language == "vi" else en

    def _word(self, words: Text) -> str:
        return words.of(self._language)

    def _text(self, text: Text | Text) -> str:
        return f"«{self._say(text.vi, text.en)}»"

    def _events(self, events: Iterable[str]) -> str:
        return " + ".join(self._text(self._subsystem.events[event].name) for event in events)

    def _over(self, events: Iterable[str]) -> str:
        return f"{self._say('trong các sự kiện', 'in events')} {self._events(events)}"

    def _field(self, field: str) -> str:
        return self._text(self._subsystem.fields[field].name)

    def _fields(self, fields: Iterable[str]) -> str:
        return ", ".join(map(self._field, fields))

    def _kpi(self, slug: str) -> str:
        return self._text(self._subsystem.kpis[slug].name)

    def _terms(self, terms: list[derived.Term]) -> str:
        written = ""
        for place, term in enumerate(terms):
            sign = "- " if term.sign < 0 else "+ " if place else ""
            window = f"@{term.window}" if term.window else ""
            written += f"{' ' if place else ''}{sign}{self._kpi(term.kpi)}{window}"
        return f"({written})" if len(terms) > 1 else written

    def _entities(self, entity: str) -> str:
        return f"{self._say('số', 'number of')} {self._text(self._subsystem.entities[entity].name)}"

    def _until(self, milestone: str | None) -> str:
        if milestone is None:
            return ""
        return f", {self._say('chưa có', 'before')} {self._events([milestone])}"

    def _due(self, entity: str, deadline: str, within: Duration | None) -> str:
        name = f"«{deadline}»"
        spec = self._subsystem.entities[entity].deadlines[deadline]
        if spec.field is not None:
            name = self._field(spec.field)
        elif spec.after is not None:
            name = f"{spec.after}"
        if within is not None:
            return f"{self._say('đến hạn', 'due')} ({name}) {self._say('trong', 'within')} {within}"
        return f"{self._say('đang mở đã quá hạn', 'open and past their deadline')} ({name})"

    def _where(self, where: Where) -> str:
        return "".join(f", {self._condition(field, sorted(map(str, allowed)), allowed)}" for field, allowed in where)

    def _condition(self, field: str, names: list[str], allowed: Iterable[object]) -> str:
        if names in (["False"], ["True"]):
            values = self._word(_YES_NO[names == ["True"]])
        else:
            texts = self._subsystem.fields[field].values or {}
            values = f" {self._say('hoặc', 'or')} ".join(
                self._say(texts[name].vi, texts[name].en) if name in texts else name for name in names
            )
        return f"{self._field(field)} = {values}"
