"""What a scenario file may say: one model per block, unknown keys refused at every level.

Every block is ``Marked``: it may name the ``source`` of the numbers inside it, or say ``assumed`` and
why; a number's own mark goes before that of the block around it. Numbers are *facts*: plain text
(``6 / day``), or a mapping with ``value`` and its mark, or with a ``prior`` where nobody knows the value
(an epistemic parameter, drawn once a replication).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.scenario.calendar_text import misordered
from sim.scenario.quantities import (
    Amount,
    Clock,
    Count,
    CountPrior,
    Delay,
    Duration,
    DurationPrior,
    Flag,
    Heads,
    Hours,
    IsoDay,
    Length,
    Litres,
    LitresPrior,
    Moment,
    Name,
    Offset,
    Passage,
    PlanDays,
    Positive,
    PositivePrior,
    Rate,
    RatePrior,
    Seed,
    Share,
    SharePrior,
    Text,
    Url,
)


class Block(BaseModel):
    """Base of every block: immutable, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Marked(Block):
    """A block whose numbers have a source, or are assumed for a stated reason."""

    source: Name | None = Field(None, description="Id of the source (under `sources`) of the numbers here.")
    also: tuple[Name, ...] = Field(
        (), description="Ids of further sources that say the same.", examples=[["icrc-680"]]
    )
    derived: Text | None = Field(
        None, description="Worked out from the source, which does not print it: how."
    )
    assumed: Text | None = Field(None, description="Nobody published this: why the value was chosen.")
    note: Text | None = Field(None, description="Anything a reader should know.")

    @model_validator(mode="after")
    def _support_has_a_source(self) -> Self:
        if self.source is None and (self.also or self.derived):
            raise ValueError(f"`{'also' if self.also else 'derived'}` goes with a `source`")
        if self.derived and self.assumed:
            raise ValueError("either `derived` or `assumed`")
        return self


class Fact(Marked):
    """A number: known (`value`) or uncertain (`prior`), never both."""

    @model_validator(mode="before")
    @classmethod
    def _plain_text_is_the_value(cls, data: Any) -> Any:
        return data if isinstance(data, (dict, BaseModel)) else {"value": data}

    @model_validator(mode="after")
    def _one_of_value_and_prior(self) -> Fact:
        if (getattr(self, "value", None) is None) == (getattr(self, "prior", None) is None):
            raise ValueError("give exactly one of `value` and `prior`")
        return self


class CountFact(Fact):
    """A whole number of things."""

    value: Count | None = Field(None, description="Whole number, 0 or more.", examples=["24"])
    prior: CountPrior | None = Field(
        None, description="Prior over whole numbers.", examples=["uniform 0 .. 350"]
    )


class ShareFact(Fact):
    """A share or a probability."""

    value: Share | None = Field(None, description="Between 0 and 1, or per cent.", examples=["40%", "0.4"])
    prior: SharePrior | None = Field(
        None, description="Prior over shares.", examples=["uniform 20% .. 60%", "beta 2, 5"]
    )


class RateFact(Fact):
    """Events per unit of time."""

    value: Rate | None = Field(None, description="Number / unit of time.", examples=["6 / day"])
    prior: RatePrior | None = Field(
        None, description="Prior over rates.", examples=["uniform 2 / day .. 5 / day"]
    )


class DurationFact(Fact):
    """A length of time."""

    value: Duration | None = Field(
        None, description="Number and unit (s, min, h, day, week).", examples=["20 min"]
    )
    prior: DurationPrior | None = Field(
        None, description="Prior over durations.", examples=["loguniform 50 days .. 500 days"]
    )


class PositiveFact(Fact):
    """A positive number without a unit."""

    value: Positive | None = Field(None, description="Positive number.", examples=["0.88"])
    prior: PositivePrior | None = Field(
        None, description="Prior.", examples=["triangular 0.6 .. 0.75 .. 0.95"]
    )


class LitresFact(Fact):
    """A volume of fuel."""

    value: Litres | None = Field(None, description="Number and unit l.", examples=["400 l"])
    prior: LitresPrior | None = Field(
        None, description="Prior over volumes.", examples=["uniform 200 l .. 600 l"]
    )


class DelayFact(Marked):
    """A time that varies from case to case: a distribution, whose mean may itself be uncertain."""

    value: Delay = Field(
        description="A duration, or a distribution of durations.",
        examples=["20 min", "exponential 200 days", "lognormal 1.5 h ± 20 min", "never"],
    )
    mean: DurationFact | None = Field(
        None, description="An uncertain mean: the shape of `value` is kept and stretched to it."
    )

    @model_validator(mode="before")
    @classmethod
    def _plain_text_is_the_value(cls, data: Any) -> Any:
        return data if isinstance(data, (dict, BaseModel)) else {"value": data}

    @model_validator(mode="after")
    def _only_a_finite_shape_stretches(self) -> DelayFact:
        if self.mean is not None and not 0 < self.value.mean < float("inf"):
            raise ValueError(f"`mean` needs a distribution with a mean to stretch, not `{self.value.text}`")
        return self


class PassageFact(DelayFact):
    """A time that vehicles take, which varies from case to case; its mean may itself be uncertain."""

    value: Passage = Field(
        description="A duration, or a distribution of durations.",
        examples=["20 min", "uniform 10 min .. 30 min", "lognormal 1.5 h ± 20 min"],
    )


class HeadsFact(Marked):
    """How many companions travel with a patient: a distribution whose mean may be uncertain."""

    value: Heads = Field(
        description="A whole number, or a distribution of whole numbers.",
        examples=["1", "binomial 2 mean 0.8", "poisson 0.9", "0 at 45%, 1 at 40%, 2 at 15%"],
    )
    mean: PositiveFact | None = Field(
        None, description="An uncertain mean, in place of the one in `value` (binomial and poisson only)."
    )

    @model_validator(mode="before")
    @classmethod
    def _plain_text_is_the_value(cls, data: Any) -> Any:
        return data if isinstance(data, (dict, BaseModel)) else {"value": data}

    @model_validator(mode="after")
    def _only_some_shapes_have_a_free_mean(self) -> HeadsFact:
        if self.mean is not None and self.value.kind not in ("binomial", "poisson"):
            raise ValueError(f"`mean` goes with binomial or poisson, not with `{self.value.text}`")
        return self


# --------------------------------------------------------------------------------------------- the frame


class Source(Block):
    """One published source."""

    title: Text = Field(description="Title of the page or document.")
    publisher: Text = Field(description="Who published it.")
    side: Name | None = Field(
        None,
        description="The side of the conflict that speaks, for figures that both sides report; leave out for "
        "others.",
    )
    date: IsoDay | None = Field(None, description="Date of publication; leave out when the page shows none.")
    url: Url | None = Field(None, description="Address (http or https).")
    data: Text | None = Field(None, description="File beside the scenario that holds the rows taken from it.")
    note: Text | None = Field(None, description="Anything a reader should know.")


class Period(Block):
    """The time that is simulated, in the corridor's local time at a fixed offset from UTC."""

    from_: Moment = Field(alias="from", description="First day (the run starts at its 00:00).")
    to: Moment = Field(description="Last day, included; or the instant at which the run ends.")
    utc_offset: Offset = Field(description="Fixed offset of local time from UTC.", examples=["+04:00"])

    @model_validator(mode="after")
    def _starts_on_a_day_and_ends_later(self) -> Period:
        if self.from_.second is not None:
            raise ValueError("`from` is a day: the run starts at its 00:00")
        if self.to.end(self.from_.day) <= 0:
            raise ValueError(misordered(self.from_, self.to))
        return self


# ------------------------------------------------------------------------------------------------- need


class Ends(Marked):
    """When waiting ends without an evacuation."""

    after: DelayFact = Field(description="Time from referral.")


class PatientClass(Marked):
    """One class of patients."""

    rank: Count = Field(1, description="Priority: lower ranks board first.")
    share: ShareFact | Literal["rest"] = Field(
        "rest", description="Share of referrals; `rest` (one class at most) takes what the others leave."
    )
    companions: HeadsFact = Field(
        default_factory=lambda: HeadsFact.model_validate("0"),
        description="People who travel with the patient, in the same vehicle.",
    )
    lying: ShareFact = Field(
        default_factory=lambda: ShareFact.model_validate("0"),
        description="Share of patients who must lie down: they need a lying place.",
    )
    withdraws: Ends | None = Field(
        None,
        description="Patients who leave the list alive: treated locally, refused, gave up. Off unless given.",
    )
    deteriorates: Ends | None = Field(
        None, description="Death while waiting. Off unless given: needs a source, and is never a headline."
    )


class Need(Marked):
    """Who is referred for evacuation, and when. The same in every world."""

    initial_list: CountFact = Field(
        default_factory=lambda: CountFact.model_validate("0"),
        description="Patients already waiting at the start.",
    )
    referrals: dict[IsoDay, RateFact] = Field(
        default_factory=dict,
        description="Referral rate from each day on, until the next day named here; 0 before the first.",
    )
    classes: dict[Name, PatientClass] = Field(description="Classes of patients.", min_length=1)


# --------------------------------------------------------------------------------------------- carriers


class VehicleType(Marked):
    """Vehicles of one kind."""

    count: Count = Field(description="How many there are.")
    seats: Count = Field(description="Seats for patients and companions (not for the crew).")
    lying: Count = Field(0, description="Places for patients who must lie down.")
    lying_only: Flag = Field(
        False, description="Leaves only with patients who lie down; seats are for companions. No escort."
    )
    availability: ShareFact = Field(
        default_factory=lambda: ShareFact.model_validate("1"),
        description="Chance that one of them is fit to leave, drawn per vehicle and day.",
    )
    from_: Moment | None = Field(None, alias="from", description="First day on which they are there.")
    to: Moment | None = Field(None, description="Last day on which they are there.")


class ByList(Marked):
    """A chance that grows with the list."""

    parties: Count = Field(description="At least so many eligible parties are waiting.")
    chance: ShareFact = Field(description="Chance that the carrier goes on such a day.")


class CarrierPlan(Marked):
    """What a carrier would run if it were let through."""

    days: PlanDays = Field(
        description="On which days it goes: `daily`, `weekdays mon thu`, `every 3 days`; "
        "`every 8 h` (a fixed timetable round the clock); or `when ready`.",
        examples=["daily", "weekdays tue fri", "every 2 days", "every 8 h", "when ready"],
    )
    at: Clock | None = Field(None, description="Departure hour, for plans by days.", examples=["09:00"])
    chance: ShareFact = Field(
        default_factory=lambda: ShareFact.model_validate("1"),
        description="Chance that it goes on a day on which it could.",
    )
    by_list: tuple[ByList, ...] = Field(
        (), description="Chance by length of the list; below the shortest named, `chance` holds."
    )
    hours: Hours | None = Field(
        None, description="Departures only in this part of the day.", examples=["06:00 .. 18:00"]
    )
    recheck: Duration | None = Field(
        None,
        description="`when ready` only: a vehicle that found nobody looks again after this time, not before.",
    )
    needs: CountFact = Field(
        default_factory=lambda: CountFact.model_validate("1"),
        description="Least number of eligible parties worth a trip.",
    )
    vehicles: Count | None = Field(None, description="Most vehicles in one convoy, escort included.")
    escort: Count = Field(0, description="Vehicles that must go along without a party.")

    @model_validator(mode="after")
    def _keys_fit_the_kind_of_plan(self) -> CarrierPlan:
        by_day = self.days.kind in ("daily", "weekdays", "every_days")
        if by_day and self.at is None:
            raise ValueError(f"a plan by days (`{self.days.text}`) needs `at`, the departure hour")
        if not by_day and self.at is not None:
            raise ValueError(f"`at` goes with a plan by days, not with `{self.days.text}`")
        if self.recheck is not None and self.days.kind != "when_ready":
            raise ValueError("`recheck` goes with `when ready` only")
        if self.recheck == 0:
            raise ValueError("`recheck` must be longer than 0")
        if self.days.kind == "when_ready" and (
            self.escort or self.by_list or "chance" in self.model_fields_set
        ):
            raise ValueError("`when ready` vehicles leave alone: no `escort`, `chance` or `by_list`")
        if self.vehicles is not None and self.vehicles <= self.escort:
            raise ValueError(f"`vehicles` ({self.vehicles}) leaves none beside the escort ({self.escort})")
        return self


class Carrier(Marked):
    """Somebody who carries patients."""

    title: Text | None = Field(None, description="Name for people.")
    rank: Count = Field(1, description="Who boards first when two leave in the same second (then by id).")
    fleet: dict[Name, VehicleType] = Field(description="Vehicles by type.", min_length=1)
    plan: CarrierPlan = Field(description="What it would run if it were let through.")
    plan_from: dict[IsoDay, CarrierPlan] = Field(
        default_factory=dict, description="Another plan, whole, from a day on."
    )


# ----------------------------------------------------------------------------------------- own vehicles


class OwnVehicles(Marked):
    """Travellers who leave in vehicles of their own: they need no seat, but the road."""

    title: Text | None = Field(None, description="Name for people.")
    people: CountFact = Field(description="How many leave in all; the last vehicle takes who is left.")
    companions: HeadsFact = Field(
        default_factory=lambda: HeadsFact.model_validate("0"), description="People beside the driver."
    )
    ready: dict[Moment, RateFact] = Field(
        min_length=1,
        description="How many people get ready to set out, from each moment on until the next. Only the "
        "proportions count: in all they are `people`.",
        examples=[{"2023-09-24 12:00": "300 / h", "2023-09-27": "0 / h"}],
    )


# ------------------------------------------------------------------------------------------------ route


class Leg(Marked):
    """One stretch of road, driven by the convoy together: as long as its slowest vehicle takes."""

    to: Name = Field(description="The place at its end; checkpoints and closures name it.")
    length: Length | None = Field(
        None, description="For the page; travel time is what is used.", examples=["57 km"]
    )
    travel: PassageFact = Field(description="Travel time of one vehicle.")
    back: PassageFact | None = Field(None, description="On the way back; as `travel` unless given.")
    capacity: dict[Moment, RateFact] = Field(
        default_factory=dict,
        description="Makes the leg a road section: so many vehicles are let onto it, one after the other, on "
        "the way out, from each moment on until the next. No limit before the first; 0 shuts it.",
        examples=[{"2023-09-26 08:00": "240 / h"}],
    )


class Route(Marked):
    """The road, from where patients wait to where they are handed over."""

    from_: Name = Field(alias="from", description="The place where patients wait and vehicles are at home.")
    legs: tuple[Leg, ...] = Field(min_length=1, description="In the order in which they are driven.")
    turnaround: PassageFact = Field(
        default_factory=lambda: PassageFact.model_validate("0 s"),
        description="Rest at the far end before the way back.",
    )


# ------------------------------------------------------------------------------------------ impediments


class Obstacle(Marked):
    """What every impediment and every condition has."""

    title: Text | None = Field(None, description="Name for people.")
    group: Name | None = Field(
        None, description="Impediments that are removed and attributed together; its own id unless given."
    )
    from_: Moment | None = Field(
        None, alias="from", description="First day, or instant; the period's start unless given."
    )
    to: Moment | None = Field(
        None, description="Last day, included, or instant; the period's end unless given."
    )
    carriers: tuple[Name, ...] | None = Field(
        None,
        description="Carriers that it touches; all unless given. A closure or a checkpoint touches own "
        "vehicles too, and may name them.",
    )
    when_removed: Text | None = Field(
        None, description="What holds when it is gone, for the reader; the kind's own sentence unless given."
    )


class Closure(Obstacle):
    """No departures in the period, and a policy for those on the road."""

    kind: Literal["closure"]
    policy: Literal["complete", "hold", "turn_back"] = Field(
        "complete", description="For convoys on the road: drive on, wait where they are, or go home."
    )
    at: Name | None = Field(None, description="The place that is shut; the whole road unless given.")
    table: Text | None = Field(
        None,
        description="CSV file beside the scenario, one closure a row (id, from, to, policy, source, note), "
        "in place of `from` and `to`.",
    )

    @model_validator(mode="after")
    def _dated_here_or_in_the_table(self) -> Closure:
        if self.table is not None and (self.from_ is not None or self.to is not None):
            raise ValueError("`table` holds the dates: no `from` or `to` beside it")
        return self


class Checkpoint(Obstacle):
    """A place where vehicles queue to be inspected."""

    kind: Literal["checkpoint"]
    at: Name = Field(description="The place: the end of a leg other than the last.")
    lanes: Count = Field(1, description="Vehicles inspected at the same time.")
    per_vehicle: PassageFact = Field(description="Inspection time of a vehicle.")
    per_person: PassageFact = Field(
        default_factory=lambda: PassageFact.model_validate("0 s"),
        description="And for each patient and companion in it.",
    )
    hours: Hours | None = Field(None, description="Opening hours.", examples=["09:00 .. 18:00"])
    turn_back: ShareFact = Field(
        default_factory=lambda: ShareFact.model_validate("0"),
        description="Chance that a convoy on its way out is sent home after inspection.",
    )

    @model_validator(mode="after")
    def _has_a_lane(self) -> Checkpoint:
        if self.lanes == 0:
            raise ValueError("a checkpoint without lanes lets nobody through: use a closure")
        return self


class Clearance(Obstacle):
    """Documents in advance: a party may board only some time after it has asked."""

    kind: Literal["clearance"]
    lead_time: DelayFact = Field(
        description="From referral, or from the rule's first moment if that is later."
    )
    refused: ShareFact = Field(
        default_factory=lambda: ShareFact.model_validate("0"),
        description="Share of parties that are refused: they wait until the rule ends.",
    )
    classes: tuple[Name, ...] | None = Field(None, description="Classes of patients; all unless given.")


class ConvoyCap(Obstacle):
    """At most so many in a convoy."""

    kind: Literal["convoy_cap"]
    patients: CountFact | None = Field(None, description="Patients in a convoy.")
    people: CountFact | None = Field(None, description="Patients and companions in a convoy.")
    vehicles: CountFact | None = Field(None, description="Vehicles in a convoy, escort included.")

    @model_validator(mode="after")
    def _caps_something(self) -> ConvoyCap:
        if self.patients is None and self.people is None and self.vehicles is None:
            raise ValueError("give at least one of `patients`, `people`, `vehicles`")
        return self


class PassageLimit(Obstacle):
    """Permission is needed for each convoy."""

    kind: Literal["passage_limit"]
    chance: ShareFact | None = Field(
        None, description="Chance that a planned departure is let go, drawn per carrier and day."
    )
    per_week: CountFact | None = Field(
        None, description="Departures a week, counted from the period's first day."
    )

    @model_validator(mode="after")
    def _limits_something(self) -> PassageLimit:
        if self.chance is None and self.per_week is None:
            raise ValueError("give at least one of `chance`, `per_week`")
        return self


class NoLyingPatients(Obstacle):
    """Lying places may not be used: patients who must lie down wait."""

    kind: Literal["no_lying_patients"]


class Deterrence(Obstacle):
    """A share of patients will not travel by this route; they wait, and count as waiting."""

    kind: Literal["deterrence"]
    share: ShareFact = Field(description="Share of parties that stay away.")
    classes: tuple[Name, ...] | None = Field(None, description="Classes of patients; all unless given.")


class FuelLimit(Obstacle):
    """So many litres a week, counted from the period's first day, nothing carried over."""

    kind: Literal["fuel_limit"]
    per_week: LitresFact = Field(description="Allowance of each carrier named.")
    per_trip: LitresFact = Field(description="What one vehicle uses on a round trip, debited at departure.")

    @model_validator(mode="after")
    def _a_trip_uses_fuel(self) -> FuelLimit:
        if self.per_trip.value == 0:
            raise ValueError("`per_trip` must be more than 0 l")
        return self


AnyObstacle = Annotated[
    Closure | Checkpoint | Clearance | ConvoyCap | PassageLimit | NoLyingPatients | Deterrence | FuelLimit,
    Field(discriminator="kind"),
]


# ------------------------------------------------------------------------- what was seen, what is asked


ARRIVING = ("people_arrived", "vehicles_arrived", "travel_hours")
"""What is observed of everybody on the road, whoever carries them."""


class Observed(Marked):
    """One published figure that the actual world is held against."""

    what: Literal[
        "patients", "people", "waiting", "convoys", "convoy_size", "referred",
        "people_arrived", "vehicles_arrived", "travel_hours",
    ] = Field(
        description="patients, people: carried out in all; waiting: parties on the list; convoys: those "
        "that handed patients over; convoy_size: mean patients of one; referred: patients who needed to "
        "leave, those on the list at the start included; people_arrived, vehicles_arrived: at the end of the "
        "road, own vehicles and convoys; travel_hours: mean of the own vehicles that arrived on the day `by` "
        "(or since `from`), from when they were ready."
    )  # fmt: skip
    carrier: Name | None = Field(None, description="Only this carrier; all unless given.")
    classes: tuple[Name, ...] | None = Field(
        None, description="`waiting`: only these classes; all unless given."
    )
    from_: IsoDay | None = Field(
        None, alias="from", description="First day counted; the period's first unless given."
    )
    by: IsoDay = Field(description="Last day counted, or the day of the list.")
    at: Clock | Literal["end", "start"] = Field(
        "end",
        description="Before 24:00 of `by`, or (a bulletin that lags) before its 00:00; for what arrived, "
        "also an hour of the day.",
        examples=["end", "start", "20:00"],
    )
    value: Amount | None = Field(None, description="The figure, exact as published.")
    about: Positive | None = Field(None, description="The figure, published as approximate.")
    more_than: Positive | None = Field(None, description="Published as `more than`: a floor, not a target.")
    at_least: Positive | None = Field(None, description="Published as `at least`: a floor, not a target.")
    error: Positive | None = Field(
        None,
        description="Standard error with which a history is held against it, in the same unit. A figure that "
        "calibration sees needs one; for a floor, 1 unless given.",
    )
    error_source: Name | None = Field(
        None, description="Id of the source that states the error; without it the error is assumed."
    )
    use: Literal["calibrate", "validate", "compare"] = Field(
        "validate",
        description="calibrate: calibration sees it, and validation too; validate: held back from "
        "calibration; compare: a claim nobody verified, only set beside what the model gives.",
    )

    @model_validator(mode="after")
    def _one_figure(self) -> Observed:
        given = [k for k in ("value", "about", "more_than", "at_least") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of `value`, `about`, `more_than`, `at_least`")
        if self.classes is not None and self.what != "waiting":
            raise ValueError("`classes` goes with `what: waiting` only")
        if self.what == "referred" and self.carrier is not None:
            raise ValueError("patients are referred to no carrier: no `carrier`")
        if self.what == "waiting" and (self.carrier is not None or self.from_ is not None):
            raise ValueError("the list is one for all carriers, on one day: no `carrier` or `from`")
        if self.what in ARRIVING and self.carrier is not None:
            raise ValueError("what arrives is counted with all carriers: no `carrier`")
        if self.what in ARRIVING[:2] and self.from_ is not None:
            raise ValueError("what arrives is counted from the start: no `from`")
        if isinstance(self.at, int) and self.what not in ARRIVING[:2]:
            raise ValueError(f"an hour goes with `what: {ARRIVING[0]}` and `{ARRIVING[1]}` only")
        if self.what == ARRIVING[2] and self.at != "end":
            raise ValueError(f"`what: {ARRIVING[2]}` is of whole days: no `at`")
        if self.from_ is not None and self.from_ > self.by:
            raise ValueError(f"`from` ({self.from_}) is after `by` ({self.by})")
        return self


class Removal(Block):
    """Impediments to remove: by id, by group, or by kind."""

    id: Name | None = Field(None, description="One impediment.")
    group: Name | None = Field(None, description="Every impediment of the group.")
    kind: Name | None = Field(None, description="Every impediment of the kind.")

    @model_validator(mode="after")
    def _one_way(self) -> Removal:
        if sum(k is not None for k in (self.id, self.group, self.kind)) != 1:
            raise ValueError("give exactly one of `id`, `group`, `kind`")
        return self


class World(Block):
    """The scenario with some impediments removed; conditions stay."""

    title: Text | None = Field(None, description="Name for people.")
    says: Text | None = Field(None, description="The world in one sentence.")
    remove: Literal["all", "none"] | tuple[Removal, ...] = Field(
        "none", description="`all`, or a list of ids, groups and kinds."
    )
    from_: IsoDay | None = Field(
        None, alias="from", description="Removed from 00:00 of this day on; the history before is identical."
    )
    assume: dict[str, Any] | None = Field(
        None,
        description="Values of the scenario changed beside the removal. Such a world is no pure removal: "
        "it is labelled wherever its number appears and enters no attribution.",
    )


class Variant(Block):
    """A rival hypothesis about structure: the scenario with some values replaced."""

    says: Text = Field(description="The hypothesis in one sentence.")
    drop: tuple[Text, ...] = Field(
        (), description="Key paths to take out.", examples=["impediments.small-convoys"]
    )
    change: dict[str, Any] = Field(
        default_factory=dict, description="Blocks of the scenario, merged over it key by key."
    )


WHOLE_RECORD = "whole-record"
"""The calibration that every scenario has: it sees all figures marked for calibration."""


class Calibration(Block):
    """What is believed with a part of the record: priors narrowed by the figures up to a day."""

    says: Text = Field(description="What it is for, in one sentence.")
    until: IsoDay = Field(description="Figures up to this day, included, are seen; later ones are predicted.")
    change: dict[str, Any] = Field(
        default_factory=dict,
        description="Blocks of the scenario, merged over it key by key: priors as they stood then.",
    )


class Window(Block):
    """A part of the period in which events are counted."""

    title: Text | None = Field(None, description="Name for people.")
    from_: IsoDay = Field(alias="from", description="First day.")
    to: IsoDay | None = Field(None, description="Last day, included; the period's end unless given.")


class Headline(Block):
    """The paired difference that is quoted."""

    world: Name = Field("unimpeded", description="The world that is compared.")
    minus: Name = Field("actual", description="The world that is taken off.")
    what: Literal["patients", "people"] = Field("patients", description="What is counted.")
    carrier: Name | None = Field(None, description="Only this carrier; all unless given.")


class Scenario(Block):
    """One scenario file."""

    name: Name = Field(description="Short name, used for folders: a-z, 0-9, dot, hyphen, underscore.")
    title: Text = Field(description="Title for people.")
    about: Text | None = Field(None, description="What this scenario is, in a few sentences.")
    period: Period = Field(description="The time that is simulated.")
    seed: Seed = Field(20221212, description="Seed of all luck; this constant unless given.")
    replications: Count = Field(
        200, description="Replications of each world unless the command says otherwise."
    )
    illustrative: Flag = Field(
        False,
        description="True for a teaching example: every output says that it describes no real corridor.",
    )
    sources: dict[Name, Source] = Field(default_factory=dict, description="Published sources, by id.")
    need: Need = Field(description="Who is referred, and when.")
    carriers: dict[Name, Carrier] = Field(description="Who carries patients.", min_length=1)
    own_vehicles: dict[Name, OwnVehicles] = Field(
        default_factory=dict, description="Travellers who bring a vehicle of their own."
    )
    route: Route = Field(description="The road.")
    impediments: dict[Name, AnyObstacle] = Field(
        default_factory=dict, description="What obstructs the corridor; worlds remove these."
    )
    conditions: dict[Name, AnyObstacle] = Field(
        default_factory=dict, description="The same kinds where nobody obstructs; they stay in every world."
    )
    observed: dict[Name, Observed] = Field(default_factory=dict, description="Published figures.")
    worlds: dict[Name, World] = Field(
        default_factory=dict, description="Worlds beside `actual` and `unimpeded`, which are always there."
    )
    variants: dict[Name, Variant] = Field(
        default_factory=dict, description="Rival hypotheses; the scenario as written is the variant `base`."
    )
    calibrations: dict[Name, Calibration] = Field(
        default_factory=dict,
        description="Calibrations with a part of the record; `whole-record`, which sees all of it, is always "
        "there.",
    )
    windows: dict[Name, Window] = Field(default_factory=dict, description="Parts of the period to count in.")
    headline: Headline = Field(default_factory=Headline, description="The difference that is quoted.")
