"""The answer block of README.md: what its first command prints. ``uv run python -m tests.back.readme``
runs the command and writes the block anew."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BEGIN, END = (
    "<!-- answer: printed by the first command, compared with it by tests/back -->",
    "<!-- end of answer -->",
)


def command(out: Path) -> list[str]:
    """The README's first command, writing to a folder of our own."""
    return [sys.executable, "-m", "sim.cli", "run", "scenarios/lachin-2022-2023.yaml", "--out", str(out)]


def answer(stdout: str) -> str:
    """What the command prints, save the folder and the file's hash, which changes with every comment."""
    named = re.sub(r"^Scenario lachin.*?(?=^Repeat it:)", "", stdout, flags=re.MULTILINE | re.DOTALL)
    lines = [line.rstrip() for line in named.splitlines()]
    return "\n".join(line for line in lines if not line.startswith("Written to:")).strip()


def block(readme: str) -> str:
    """The block as it stands in the README."""
    return readme.split(BEGIN)[1].split(END)[0].strip().removeprefix("```").removesuffix("```").strip()


def main() -> None:
    """Run the command and write the block."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command(Path(folder) / "run"), capture_output=True, text=True, check=True, cwd=ROOT
        )
    text = README.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n```\n{answer(done.stdout)}\n```\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
