# ruff: noqa: E501  (a table)
"""B: types and traps of plain text."""

from tests.scenario.corpus.row import Legal, Row, legal, swap

NAME, SEATS, COUNT, LIST = "name: small", "seats: 3", "count: 4", "{value: 24, source: paper}"
NUMBER = r"carriers.icrc.fleet.car.count: expected a whole number, 0 or more, as in `24`: "
CLASSES = "  classes:\n    urgent: {rank: 1, share: 30%, companions: binomial 2 mean 0.8}\n    planned: {rank: 2, share: rest}\n"


def _count(id: str, text: str, said: str) -> Row:
    return swap(id, COUNT, f"count: {text}", NUMBER + said)


ROWS = [
    swap("B01", "at: 09:00", "at: 545", r"19:29: carriers.icrc.plan.at: expected a time of day.*found number `545`"),
    swap("B01b", "at: 09:00", "at: 6:00", r"plan.at: .*two digits for the hour"),
    swap("B01c", "at: 09:00", "at: 24:00", r"plan.at: .*24:00 is 00:00 of the next day"),
    swap("B01d", "hours: 09:00 .. 18:00", "hours: {start: 06:00, end: 18:00}", r"gate.hours: expected hours, .*found a block with the keys `start` and `end`"),
    swap("B01e", "per_vehicle: 20 min", "per_vehicle: 12:30:45", r"gate.per_vehicle: .*is not a number"),
    _count("B01f", "1:30", r"`1:30` is not a number"),
    _count("B02", "010", r"no leading zeros"),
    _count("B02b", "0o10", r".*is not a number"),
    _count("B02c", "0x1F", r".*is not a number"),
    _count("B02d", "1_000", r"digits only, no separators"),
    _count("B02e", "1'000", r"digits only, no separators"),
    swap("B03", LIST, "1e3", r"initial_list: .*no exponents: write the number out"),
    swap("B03b", LIST, "1.0e+3", r"initial_list: .*no exponents"),
    swap("B03c", "3 / day\n", "1e3 / day\n", r"referrals.2023-01-01: .*no exponents"),
    swap("B04", "travel: 2 h", "travel: '1,5 h'", r"travel: .*no separators, with a point for decimals"),
    swap("B04b", "share: 30%", "share: 0,3", r"urgent.share: the comma ends this value: write a decimal with a point"),
    swap("B04c", "share: 30%", "share: .3", r"share: .*a digit on both sides of the point"),
    _count("B05", "yes", r"a boolean is not a number; found boolean `yes`$"),
    _count("B05b", "on", r".*found boolean `on`$"),
    _count("B05c", "true", r".*found boolean `true`$"),
    swap("B05d", SEATS, "seats: 3, lying_only: 1", r"lying_only: expected `true` or `false`"),
    swap("B06", SEATS, "seats: 3, lying_only: yes", r"lying_only: expected `true` or `false`.*found boolean `yes`"),
    swap("B07", NAME, "name: small\non: 3", r"2:1: on: unknown key `on`"),
    swap("B07b", NAME, "name: small\n2024: x", r"2:1: 2024: unknown key `2024`"),
    swap("B07c", NAME, "name: small\n~: x", r"2:1: keys must be text"),
    swap("B07d", NAME, 'name: small\n"": x', r"2:1: unknown key ``"),
    _count("B08", '"10"', r"remove the quotes"),
    _count("B08b", "ten", r"`ten` is not a number"),
    _count("B08c", "10 cars", r"`10 cars` is not a number"),
    _count("B08d", "+4", r"no sign: write it without the `\+`"),
    _count("B08e", "٤", r".*write it with the digits 0 to 9"),
    _count("B09", "10.0", r"a whole number has no decimal point; found number `10.0`$"),
    _count("B09b", "10.5", r"a whole number has no decimal point"),
    _count("B10", ".inf", r"not a finite number"),
    swap("B10b", "travel: 2 h", "travel: -.inf h", r"travel: .*not a finite number"),
    swap("B11", LIST, ".nan", r"initial_list: .*not a finite number"),
    swap("B11b", LIST, "NaN", r"initial_list: .*not a finite number"),
    swap("B11c", "uniform 3 / day .. 9 / day", "uniform nan .. 9 / day", r"2023-02-01.prior: .*not a finite number"),
    _count("B12", "9223372036854775808", r"too large: at most 1000000000"),
    swap("B13", LIST, "-0.0", r"initial_list: .*negative"),
    swap("B13b", "travel: 2 h", "travel: 5e-324 h", r"travel: .*no exponents"),
    swap("B13c", "travel: 2 h", "travel: exponential 0.000001 s", r"travel: .*shorter than 1 s"),
    swap("B13d", "travel: 2 h", "travel: 0.000001 s", r"travel: .*not a whole number of seconds"),
    swap("B13e", "3 / day\n", "0.00000000000001 / day\n", r"2023-01-01: .*out of range"),
    swap("B14", "share: 30%", "share: [30%]", r"urgent.share: .*found a list"),
    swap("B15", NAME, "name: small\nseed: -1", r"2:7: seed: .*negative"),
    swap("B15b", NAME, "name: small\nseed: 1.5", r"seed: .*decimal point"),
    swap("B15c", NAME, 'name: small\nseed: "42"', r"seed: .*remove the quotes"),
    swap("B15d", NAME, "name: small\nseed: true", r"seed: .*found boolean `true`"),
    swap("B15e", NAME, "name: small\nseed: 9223372036854775808", r"seed: .*too large"),
    swap("B15f", NAME, "name: small\nseed:", r"2:1: seed: empty value"),
    swap("B16", "from: 2023-01-01,", "from: 01.02.2023,", r"period.from: .*a day is written year-month-day"),
    swap("B16b", "from: 2023-01-01,", "from: 20230101,", r"period.from: .*a day is written year-month-day"),
    swap("B17", "from: 2023-01-01,", "from: 2024-02-30,", r"3:16: period.from: .*no such day in the calendar"),
    swap("B18", "from: 2023-01-02,", "from: 2023-01-02 12:00+04:00,", r"first-week.from: .*no offset beside a time"),
    swap("B18b", "from: 2023-01-02,", "from: 2023-01-02T12:00:00Z,", r"first-week.from: .*a space between day and time"),
    swap("B19", ", utc_offset: +04:00", "", r"3:9: period.utc_offset: missing key `utc_offset`"),
    swap("B20", "remove: [{group: closures}]", "remove: closures", r"no-closures.remove: expected `all` or `none`, or a list"),
    swap("B20b", "patients: 6", "patients: 6, carriers: icrc", r"caps.carriers: expected a list"),
    swap("B21", "{to: clinic, travel: 2 h}", "[6, 18]", r"25:7: route.legs\[1\]: expected a block of keys"),
    swap("B22", "headline: {world: unimpeded, minus: actual}", "headline: unimpeded", r"40:11: headline: expected a block of keys"),
    swap("B22b", "headline: {world: unimpeded, minus: actual}", "headline: []", r"headline: expected a block of keys .*found a list"),
    swap("B23", NAME, "name: " + "x" * 990_000, r"1:7: name: .*990000 characters, at most 2000; found text `x{80}…`$"),
    swap("B23b", "impediments:\n", "impediments:\n" + "".join(f"  c{i}: {{kind: closure}}\n" for i in range(10_000)), r"impediments: 10003 impediments and conditions|10004 impediments and conditions: at most 2000"),
    swap("B23c", "  classes:\n", "  classes:\n" + "".join(f"    c{i}: {{}}\n" for i in range(5_000)), r"13:5: need.classes: 5002 entries: at most 30"),
    swap("B23d", "car: {count: 4", "".join(f"v{i}: {{count: 0, seats: 1}}\n      " for i in range(200)) + "car: {count: 4", r"carriers.icrc.fleet: 201 entries: at most 100"),
    swap("B24", SEATS, "seets: 3", r"car.seats: missing key `seats`", r"car.seets: unknown key `seets`; did you mean `seats`\?"),
    swap("B24b", NAME, "name: small\nhedline: {}", r"2:1: hedline: unknown key `hedline`; did you mean `headline`\?"),
    swap("B24c", "utc_offset", "utc-offset", r"period.utc_offset: missing key", r"unknown key `utc-offset`; did you mean `utc_offset`\?"),
    swap("B25", "  from: town\n", "", r"21:3: route.from: missing key `from` \(The place where patients wait"),
    swap("B25b", CLASSES, "", r"7:3: need.classes: missing key `classes`"),
    swap("B26", "patients: 6", "patients: ", r"29:28: caps.patients|impediments.caps.patients: empty value"),
    swap("B26b", "patients: 6", "patients: null", r"impediments.caps.patients: empty value"),
    swap("B27", "    2023-01-01: 3 / day\n", "    2023-01-01: 3 / day\n    '2023-01-01 ': 4 / day\n", r"11:5: need.referrals: spaces around a key: write `2023-01-01`, not `2023-01-01 `"),
]  # fmt: skip

LEGAL: list[Legal] = [
    legal("B01g", ("at: 09:00", 'at: "18:00"')),
    legal("B01h", ("at: 09:00", "at: 18:00")),
    legal("B06b", ("title: A small scenario", "title: NO")),
    legal("B15g", (NAME, "name: small\nseed: 9223372036854775807")),
    legal("B22c", ("patients: 6", "patients: 0")),
]
