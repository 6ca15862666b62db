# ruff: noqa: E501  (a table)
"""C: units, ranges, distributions."""

from tests.scenario.corpus.row import Row, legal, swap, whole
from tests.scenario.samples import changed

TRAVEL, NAME, COMPANIONS = "travel: 2 h", "name: small", "binomial 2 mean 0.8"
LIST = "{value: 24, source: paper}"
REFERRALS = "    2023-01-01: 3 / day\n    2023-02-01: {prior: uniform 3 / day .. 9 / day, assumed: it grew}\n"


def _travel(id: str, text: str, said: str) -> Row:
    return swap(id, TRAVEL, f"travel: {text}", r"25:28: route.legs\[1\].travel: " + said)


def _heads(id: str, text: str, said: str) -> Row:
    return swap(id, COMPANIONS, f"'{text}'", r"13:47: need.classes.urgent.companions: .*" + said)


def _prior(id: str, text: str, said: str) -> Row:
    return swap(id, "share: 30%", f"share: {{prior: '{text}'}}", r"need.classes.urgent.share.*: .*" + said)


ROWS = [
    _travel("C01", "2", r".*unit missing: 2 what\? write `2 min`"),
    swap("C01b", TRAVEL, "travel: {minutes: 5, hours: 2}", r"travel.value: missing key `value`", r"unknown key `minutes`", r"unknown key `hours`"),
    swap("C01c", LIST, "{value: 24, prior: uniform 0 .. 9}", r"need.initial_list: give exactly one of `value` and `prior`"),
    swap("C01d", "length: 57 km", "length: 57", r"route.legs\[0\].length: .*unit missing"),
    swap("C01e", "3 / day\n", "3\n", r"2023-01-01: .*write `3 / day`"),
    _travel("C02", "2 hrs", r".*unknown unit `hrs`.*did you mean `hours`\?"),
    _travel("C02b", "5h30", r".*one number and one unit"),
    _travel("C02c", "5 h 30 min", r".*one number and one unit"),
    _travel("C02d", "2 months", r".*has no fixed length: use days"),
    _travel("C02e", "PT2H", r".*is not one of"),
    _travel("C02f", "2 km", r".*unknown unit `km`"),
    swap("C02g", "3 / day\n", "3 per day\n", r"2023-01-01: .*is not a number"),
    swap("C02h", "3 / day\n", "3 / month\n", r"2023-01-01: .*no fixed length"),
    _travel("C03", "-2 h", r".*negative: it must be 0 or more; found text `-2 h`$"),
    swap("C03b", "count: 4", "count: -4", r"count: .*negative"),
    swap("C03c", "3 / day\n", "-3 / day\n", r"2023-01-01: .*negative"),
    swap("C03d", "share: 30%", "share: -0.3", r"share: .*negative"),
    swap("C04", "share: 30%", "share: 1.2", r"share: .*more than 1 \(for per cent write `%`\)"),
    swap("C04b", "share: 30%", "share: 30", r"share: .*more than 1 \(for per cent write `%`\)"),
    swap("C04c", "share: 30%", "share: 130%", r"share: .*more than 100%"),
    swap("C04d", "share: 30%", "share: 1/3", r"share: .*is not a number"),
    _travel("C05", "exponential .nan h", r".*not a finite number"),
    _travel("C05b", "exponential inf h", r".*not a finite number"),
    _travel("C05c", "lognormal 99999999 days ± 1 h", r".*longer than 200 years"),
    _travel("C06", "uniform 3 h .. 1 h", r".*empty range: 3 h is not below 1 h"),
    _travel("C06b", "triangular 1 h .. 5 h .. 3 h", r".*most likely value 5 h is outside"),
    _travel("C06c", "lognormal 2 h ± 0 h", r".*must be more than 0"),
    _travel("C06d", "erlang 0 mean 2 h", r".*at least 1 phase"),
    _travel("C06e", "exponential 0 h", r".*the mean must be more than 0"),
    swap("C06f", TRAVEL, "travel: 'uniform 1 h, 2 h'", r"travel: .*written `uniform least .. greatest`"),
    _travel("C06g", "weibull 2 h", r".*`weibull` is not one of `never`, `exponential`"),
    _heads("C07", "0 at 45%, 1 at 45%", r"the chances sum to 0.9, not to 1"),
    _heads("C07b", "0 at 60%, 1 at 50%", r"the chances sum to 1.1, not to 1"),
    _heads("C07c", "0 at 0.5, 1 at 0.499999999", r"the chances sum to 0.999999999, not to 1"),
    swap("C07d", "share: rest", "share: 60%", r"13:5: need.classes: the shares sum to 0.9, not to 1"),
    whole("C07e", changed(("share: 30%", "share: 0.3"), ("share: rest", "share: 0.699999999")), r"the shares sum to 0.999999999, not to 1"),
    _heads("C07f", "0 at 50%, 0 at 50%", r"0 stands twice"),
    _heads("C08", "binomial 2 mean 3", r"between 0 and its greatest value, 2"),
    _heads("C08b", "poisson 101", r"a mean of at most 100"),
    _prior("C09", "uniform 20% .. 20%", r"empty range"),
    _prior("C09b", "lognormal 0.5 ± 10", r"`lognormal` is not one of"),
    _prior("C09c", "beta 0, 0", r"from 0.001 to 1,000,000"),
    _prior("C09d", "normal 0.5 ± 0", r"must be more than 0"),
    _prior("C10", "loguniform 0 .. 1", r"`loguniform` starts above 0"),
    swap("C10b", "uniform 3 / day .. 9 / day", "uniform 9 / day .. 3 / day", r"2023-02-01.prior: .*empty range: 9 / day is not below 3 / day"),
    swap("C11", "seats: 3", "seats: 0", r"car.seats: a vehicle with no seats and no lying places carries nobody"),
    swap("C12", "per_vehicle: 20 min", "lanes: 0, per_vehicle: 20 min", r"impediments.gate: a checkpoint without lanes"),
    swap("C12b", "count: 4", "count: 501", r"carriers: 501 vehicles in all: at most 500"),
    swap("C14", "  classes:\n    urgent: {rank: 1, share: 30%, companions: binomial 2 mean 0.8}\n    planned: {rank: 2, share: rest}\n", "  classes: {}\n", r"need.classes: at least one is needed"),
    swap("C15", "to: 2023-03-31, utc", "to: 2023-01-01 00:00, utc", r"3:9: period: `to` \(2023-01-01 00:00\) is not after `from`"),
    swap("C15b", "to: 2023-03-31, utc", "to: 2022-12-31, utc", r"3:9: period: `to` \(2022-12-31\) is before `from`"),
    swap("C16", NAME, "name: small\nreplications: 0", r"2:15: replications: from 1 to 1,000,000"),
    swap("C16b", NAME, "name: small\nreplications: 1000001", r"replications: from 1 to 1,000,000"),
    swap("C18", NAME, "name: small\nreplications: 2.5", r"replications: .*decimal point"),
    swap("C19", NAME, "name: small\nconfidence: 95", r"2:1: confidence: unknown key `confidence`"),
    swap("C20", "rank: 1,", "rank: -1,", r"rank: .*negative"),
    swap("C22", "needs: 2", "needs: 2, vehicles: 0", r"carriers.icrc.plan: `vehicles` \(0\) leaves none beside the escort"),
    whole("C23", changed((LIST, "800"), (REFERRALS, "    2023-01-01: 0 / day\n"), ("about: 150", "value: 1500"), (", change: {need: {initial_list: 0}}", "")),
          r"observed.total: 1,500 by 2023-03-31, but `need` refers at most some 800 patients until then; are these `people`"),
    swap("C24", "about: 150", "about: 150, more_than: 140", r"observed.total: give exactly one of"),
    swap("C24b", "about: 150", "about: -150", r"total.about: .*negative"),
    swap("C24c", "about: 150", "about: 150-160", r"total.about: .*is not a number"),
    swap("C25", "kind: convoy_cap, patients: 6", "kind: fuel_limit, per_week: 100 l, per_trip: 0 l", r"`per_trip` must be more than 0 l"),
]  # fmt: skip

LEGAL = [
    legal("C02i", (TRAVEL, "travel: 5 hour")),
    legal("C05d", (TRAVEL, "travel: gamma 1 s ± 1000000 h")),
    legal("C07g", (COMPANIONS, "'0 at 0.5, 1 at 0.4999999999'")),
    legal("C09e", ("share: 30%", "share: {prior: normal 0 ± 10%}")),
    legal("C12c", ("count: 4", "count: 0"), warnings=(r"carriers: no carrier has a vehicle",)),
    legal("C13", (LIST, "0"), (REFERRALS, "    2023-01-01: 0 / day\n"), ("about: 150", "value: 0")),
    legal("C17", (NAME, "name: small\nreplications: 1")),
    legal("C21", ("    2023-01-01: 3 / day", "    2023-01-01: 900000 / day")),
    legal("C23b", (LIST, "800"), (REFERRALS, "    2023-01-01: 0 / day\n"), ("about: 150", "value: 1500, use: compare")),
    legal("C26", (COMPANIONS, "3"), warnings=(r"urgent.companions: a party of 4 fits no vehicle \(at most 3 places\)",)),
    legal("C27", ("\nworlds:", "\n  earlier: {what: patients, carrier: icrc, by: 2023-02-28, value: 180}\nworlds:"), ("about: 150", "value: 150"),
          warnings=(r"observed.total: less than `earlier`, which was counted earlier",)),
]  # fmt: skip
