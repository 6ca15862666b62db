# ruff: noqa: E501  (a table)
"""D: days, hours, closures."""

from tests.scenario.corpus.row import legal, swap

DATES, HOURS = "from: 2023-01-02, to: 2023-01-07", "hours: 09:00 .. 18:00"
MORE = "\nconditions:"

ROWS = [
    swap("D01", DATES, "from: 2023-01-07, to: 2023-01-02", r"27:70: impediments.first-week.to: `to` \(2023-01-02\) is before `from` \(2023-01-07\)$"),
    swap("D02", DATES, "from: 2023-01-02 09:00, to: 2023-01-02 09:00", r"first-week.to: `to` \(2023-01-02 09:00\) is not after `from`"),
    swap("D08", DATES, "from: 2023-01-02, to: 2023-01-02 24:00", r"first-week.to: .*24:00 is 00:00 of the next day"),
    swap("D09b", HOURS, "hours: 09:00 .. 09:00", r"gate.hours: .*is empty \(the whole day is `00:00 .. 24:00`\)"),
    swap("D09c", HOURS, "hours: '09:00 .. 18:00, 17:00 .. 19:00'", r"gate.hours: .*the spans overlap"),
    swap("D11b", "travel: 2 h", "travel: 0.33333 h", r"travel: .*1199.988 s is not a whole number of seconds"),
    swap("D13", "utc_offset: +04:00", "utc_offset: Asia/Gaza", r"3:56: period.utc_offset: .*a fixed offset from UTC, not the name of a zone"),
    swap("D14", "utc_offset: +04:00", "utc_offset: +25:00", r"utc_offset: .*out of range: -12:00 to \+14:00"),
    swap("D14b", "utc_offset: +04:00", "utc_offset: 4", r"utc_offset: .*a sign and two digits for the hour"),
    swap("D14c", "utc_offset: +04:00", "utc_offset: +04:60", r"utc_offset: .*out of range"),
    swap("D18", "from: 2023-01-01, to", "from: 1800-01-01, to", r"period.from: .*a year from 1900 to 2299"),
    swap("D18b", "to: 2023-03-31, utc", "to: 2230-03-31, utc", r"period.to: .*longer than 200 years"),
    swap("D19", "at: 09:00", "at: 23:59:60", r"plan.at: .*there are no leap seconds here"),
    swap("D20", "at: 09:00", "at: 09:00:00.5", r"plan.at: .*a time of day is written hours:minutes"),
    swap("D20b", "at: 09:00", "at: 9am", r"plan.at: .*a time of day is written hours:minutes"),
    swap("D20c", "at: 09:00", "at: 09:00, hours: 10:00 .. 12:00", r"plan.at: outside `hours`"),
    swap("D21", "    2023-01-01: 3 / day", "    2022-01-01: 3 / day", r"10:5: need.referrals.2022-01-01: .*outside the period"),
    swap("D21b", "by: 2023-03-31", "by: 2023-04-01", r"observed.total.by: 2023-04-01 is outside the period"),
    swap("D21c", "late: {from: 2023-02-22}", "late: {from: 2023-02-22, to: 2023-02-01}", r"windows.late.to: `to` \(2023-02-01\) is before"),
    swap("D21d", "seats: 3", "seats: 3, from: 2023-03-01, to: 2023-02-01", r"fleet.car.to: `to` \(2023-02-01\) is before `from`"),
    swap("D22", "days: daily", "days: weekdays monday", r"plan.days: .*`monday` is not one of mon, tue"),
    swap("D22b", "days: daily", "days: every 0 days", r"plan.days: .*at least 1"),
    swap("D22c", "days: daily, at: 09:00", "days: every 1 s", r"plan.days: .*at least 1 min apart"),
    swap("D22d", "days: daily", "days: '0 9 * * *'", r"plan.days: .*no such plan"),
    swap("D23", "travel: 2 h}", "travel: 2 h, capacity: {2023-01-02 06:00: 9 / h, '2023-01-02 06:00:00': 8 / h}}",
         r"25:\d+: route.legs\[1\].capacity.2023-01-02 06:00:00: the same moment as `2023-01-02 06:00`"),
]  # fmt: skip

LEGAL = [
    legal("D03", (MORE, "\n  more: {kind: closure, from: 2023-01-04, to: 2023-01-08, assumed: x}" + MORE),
          warnings=(r"impediments.more: closures overlap \(`first-week` and `more`\): the time counts once",)),
    legal("D04", (MORE, "\n  more: {kind: closure, from: 2023-01-08, to: 2023-01-08, assumed: x}" + MORE)),
    legal("D06", (DATES, "from: 2024-01-02, to: 2024-01-07"), warnings=(r"first-week: outside the period .*never in force",)),
    legal("D06b", (DATES, "from: 2022-12-20, to: 2023-01-07"), warnings=(r"first-week: partly outside the period .*only the part inside counts",)),
    legal("D07", (DATES, "from: 2023-01-01, to: 2023-03-31"), ("{kind: closure, from: 2023-01-09, to: 2023-01-09, assumed: weather}", "{kind: checkpoint, at: bridge, per_vehicle: 1 min}")),
    legal("D09", (HOURS, "hours: 22:00 .. 06:00")),
    legal("D11", ("travel: 2 h", "travel: 0.1 h")),
    legal("D24", ("seats: 3", "seats: 3, from: 2024-01-01"), warnings=(r"fleet.car: outside the period .*never there",)),
]  # fmt: skip
