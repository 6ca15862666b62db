"""Nothing that a scenario, a table or a stored result says is ever run as code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim
from sim.scenario.reading import ScenarioError, read_text
from tests.report.conftest import SCENARIO

PACKAGE = Path(sim.__file__).parent
CALLS = {"eval", "exec", "compile", "__import__", "execfile", "input", "breakpoint"}
MODULES = {
    "pickle": ("experiment/cluster.py",),  # parcels to workers of the user's own cluster
    "subprocess": ("model/engines.py",),  # this Python, with a line of our own: it compiles
    "importlib.import_module": ("__init__.py",),  # names of our own, looked up when used
    **dict.fromkeys(("marshal", "shelve", "dill", "cloudpickle", "joblib", "code", "pty", "ctypes"), ()),
    **dict.fromkeys(("socket", "urllib.request", "http", "requests", "ftplib", "smtplib", "webbrowser"), ()),
}
"""What could run or fetch something, and the only files that may use it."""
ATTRIBUTES = {
    "system",
    "popen",
    "spawnl",
    "spawnv",
    "execv",
    "execve",
    "startfile",
    "unsafe_load",
    "full_load",
    "read_pickle",
}
YAML = {"parse", "Loader", "SafeLoader", "CSafeLoader", "MarkedYAMLError", "YAMLError", "Event"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def faults(name: str, tree: ast.Module) -> list[str]:
    """Lines that could run what somebody wrote."""
    found = []
    for node in ast.walk(tree):
        imported: list[str] = []
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for said in imported:
            for module, files in MODULES.items():
                if (said == module or said.startswith(f"{module}.")) and name not in files:
                    found.append(f"{name}:{node.lineno}: import {said}")
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in CALLS:
                found.append(f"{name}:{node.lineno}: {node.func.id}()")
            for keyword in node.keywords:
                if keyword.arg in ("shell", "allow_pickle") and ast.unparse(keyword.value) != "False":
                    found.append(f"{name}:{node.lineno}: {keyword.arg}")
                if keyword.arg == "autoescape" and ast.unparse(keyword.value) != "True":
                    found.append(f"{name}:{node.lineno}: autoescape is not True")
            template = name.startswith("report/") and ast.unparse(node.func).endswith("Environment")
            if template and "autoescape" not in [keyword.arg for keyword in node.keywords]:
                found.append(f"{name}:{node.lineno}: a template without autoescape")
        if isinstance(node, ast.Attribute):
            if node.attr in ATTRIBUTES:
                found.append(f"{name}:{node.lineno}: .{node.attr}")
            if isinstance(node.value, ast.Name) and node.value.id == "yaml" and not (
                node.attr in YAML or node.attr.endswith(("Event", "Error", "Token"))
            ):  # fmt: skip
                found.append(f"{name}:{node.lineno}: yaml.{node.attr}")
    return found


def test_no_part_of_the_package_runs_what_it_reads() -> None:
    """Catches: `eval`, a pickle, a YAML loader that builds objects, a shell, an unescaped template."""
    assert [fault for name, tree in modules() for fault in faults(name, tree)] == []


@pytest.mark.parametrize(
    "line",
    [
        "eval(text)", "import pickle", "from subprocess import run", "yaml.load(text)",
        "yaml.unsafe_load(text)",
        "run(text, shell=True)", "os.system(text)", "Environment()", "Environment(autoescape=False)",
        "numpy.load(path, allow_pickle=True)", "import urllib.request",
    ],
)  # fmt: skip
def test_the_search_finds_each(line: str) -> None:
    """Catches: a search that finds nothing because it looks for nothing."""
    assert faults("report/page.py", ast.parse(line)) != []


@pytest.mark.parametrize(
    "title",
    [
        "!!python/object/apply:os.system [touch run]",
        "!!python/name:os.system",
        "&a [*a]",
        "!include /etc/passwd",
    ],
)
def test_yaml_that_would_build_objects_is_refused(title: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        read_text(SCENARIO.replace("A small corridor", title), tmp_path, "small.yaml")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "title", ["{{ 7 * 191 }}", "{% for x in y %}", "${HOME}", "$(touch run)", "`id`", "%(x)s", "{0}"]
)
def test_text_stays_text(title: str, tmp_path: Path) -> None:
    """Catches: a title that a template, a shell or a format string would take for its own."""
    file = read_text(SCENARIO.replace("A small corridor", f"'{title}'"), tmp_path, "small.yaml")
    assert file.scenario.title == title
