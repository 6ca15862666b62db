"""A replication that was run again, as lines to read."""

from __future__ import annotations

from sim.experiment.replay import Replayed


def as_text(found: Replayed) -> str:
    """A line a variant and world, and in words whether all is as it was."""
    wide = [max(len(row[key]) for row in found.rows) for key in ("variant", "world")]
    lines = [
        f"{row['variant']:{wide[0]}}  {row['world']:{wide[1]}}  {row['stored']}  "
        + ("the same" if row["stored"] == row["now"] else f"now {row['now']}")
        for row in found.rows
    ]
    if found.changed:
        lines.append(f"Not as it was when the run was made: {', '.join(found.changed)}.")
    verdict = "is the same as stored" if found.same else "is NOT as stored"
    lines.append(f"Replication {found.replication} {verdict}, in {len(found.rows)} variants and worlds.")
    return "\n".join(lines) + "\n"
