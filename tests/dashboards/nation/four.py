"""A nation of four provinces."""

from ioc.catalogue.nation import Member, Nation
from ioc.text.bilingual import Text

NAMES = {"01": "Hà Nội", "25": "Phú Thọ", "48": "Đà Nẵng", "96": "Cà Mau"}
NATION = Nation(
    name=Text("Việt Nam", "Viet Nam"),
    provinces=[
        Member(
            code=code,
            name=Text(name, f"province {code}"),
            prometheus=f"https://p{code}.example/prometheus",
            grafana=f"https://p{code}.example",
        )
        for code, name in NAMES.items()
    ],
)
