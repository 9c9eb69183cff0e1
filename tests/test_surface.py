"""What a stranger meets first: exports, help, layers, imports, names and docs."""

import ast
import re
import shutil
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "classifier"

# Lowest first: a module imports from its own layer and those below. `classifier` alone is the public surface, classifier/__init__.py.
LAYERS = (
    ("errors", "characters", "dates", "release", "sqlite", "weights"),
    ("words",),
    ("lexicon",),
    ("document",),
    ("sourcing",),
    ("verdict", "boilerplate", "language", "ngrams", "sentences", "signals", "forest", "index", "corpus", "files", "presets"),
    ("model",),
    ("reasons",),
    ("scorer",),
    ("training", "stories", "view"),
    ("filter", "report"),
    ("classifier",),
    ("scrapy", "service", "spark"),
    ("cli",),
    ("__main__",),
)
LAYER = {name: height for height, names in enumerate(LAYERS) for name in names}
HOMELESS = {"utils", "util", "helpers", "helper", "common", "base", "core", "misc", "tools"}
HEAVY = {"sklearn", "scipy", "datasketch", "joblib", "pandas", "pyarrow", "pyspark", "trafilatura", "redis", "fastapi", "uvicorn", "scrapy"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def layer_name(module: str) -> str:
    """`signals` of `classifier.signals.spin`; `classifier` of the package itself."""
    return module.split(".")[1] if "." in module else module


def own_imports(module: str) -> set[str]:
    """The modules of this package that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            whence = absolute(module, node)
            found |= {name if (name := f"{whence}.{alias.name}") in FILES else whence for alias in node.names}
    return {name for name in found if name.split(".")[0] == PACKAGE.name} - {module}


def absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.split(".") + ([""] if FILES[module].name == "__init__.py" else [])
    return ".".join([*package[: -node.level], *([node.module] if node.module else [])])


@pytest.mark.parametrize("module", FILES)
def test_a_module_opens_with_one_sentence(module):
    opening = (ast.get_docstring(ast.parse(FILES[module].read_text(encoding="utf-8"))) or "").split("\n\n")[0]

    assert opening.endswith((".", "?")), f"{module} opens with {opening!r}. Open it with the sentence that would describe it in a list."
    assert "\n" not in opening, f"{module}: the opening sentence takes more than a line."
    assert not re.search(r"[.!?] [A-Z]", opening), f"{module} opens with more than one sentence: {opening!r}"


@pytest.mark.parametrize("module", FILES)
def test_a_module_has_a_place_among_the_layers(module):
    assert layer_name(module) in LAYER, f"{module} stands in no layer. Give it one in LAYERS of tests/test_surface.py."


@pytest.mark.parametrize("module", FILES)
def test_imports_point_down(module):
    here = LAYER.get(layer_name(module), len(LAYERS))
    up = sorted(name for name in own_imports(module) if LAYER.get(layer_name(name), -1) > here)

    assert not up, f"{module} imports {', '.join(up)}, which stand above it."


def test_imports_form_no_circle():
    graph = {module: own_imports(module) for module in FILES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("a circle of imports: " + " ← ".join(error.args[1]))


@pytest.mark.parametrize("module", FILES)
def test_a_module_is_named_after_a_concept(module):
    assert not HOMELESS & set(module.split(".")), f"{module}: a function without a home is a concept without a name."


def run_python(code: str, *arguments: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


LOADED = "import sys; print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import classifier.cli", id="import of the command"),
        pytest.param("import classifier; classifier.Scorer", id="import of the package"),
        pytest.param("from classifier import Scorer; Scorer().score('The council voted on Monday to close the bridge.')", id="score"),
        pytest.param("from classifier import Scorer; list(Scorer().score_many(['The bridge is shut.'] * 3))", id="score_many"),
        pytest.param(
            "import sys, contextlib; from classifier.cli import main; sys.argv = ['quality', 'score', '--json', 'seeds/README.md']\n"
            "with contextlib.suppress(SystemExit): main()",
            id="quality score",
        ),
    ],
)
def test_scoring_imports_no_heavy_library(code):
    loaded = run_python(f"{code}\n{LOADED}").rpartition("LOADED ")[2].split()

    assert "classifier" in loaded
    assert sorted(HEAVY & set(loaded)) == []


def test_a_text_is_judged_without_what_reads_the_files_of_crawlers():
    code = "import sys, contextlib; from classifier.cli import main; sys.argv = ['quality', 'score', '--json', 'seeds/README.md']"

    told = run_python(f"{code}\nwith contextlib.suppress(SystemExit): main()\nprint('LOADED', 'classifier.corpus' in sys.modules)")

    assert told.rpartition("LOADED ")[2].strip() == "False"


def test_every_export_exists_and_is_documented():
    import classifier

    assert {"Scorer", "Verdict", "Document", "open_index"} <= set(classifier.__all__)
    undocumented = [name for name in classifier.__all__ if not name.startswith("__") and not getattr(classifier, name).__doc__]
    assert undocumented == []


def commands() -> dict[str, object]:
    """Every command of `quality` by its path, such as `score` or `index add`; {} while there is no command line."""
    try:
        import typer

        from classifier import cli
    except ImportError:
        return {}
    apps = [thing for thing in vars(cli).values() if isinstance(thing, typer.Typer)]
    groups = [("", typer.main.get_command(app)) for app in apps if app is getattr(cli, "app", apps[0])]
    found: dict[str, object] = {}
    for path, group in groups:
        for name, command in getattr(group, "commands", {}).items():
            full = f"{path} {name}".strip()
            if hasattr(command, "commands"):
                groups.append((full, command))
            else:
                found[full] = command
    return found


COMMANDS = commands()


def test_the_command_line_has_its_commands():
    assert {"score", "signals", "train", "evaluate"} <= set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS)
def test_the_help_of_a_command_ends_with_an_example(path):
    command = COMMANDS[path]
    lines = f"{command.help or ''}\n{command.epilog or ''}".strip().splitlines() or [""]

    assert f"quality {path}" in lines[-1], f"The help of `quality {path}` ends with {lines[-1]!r}, which is no example."


@pytest.mark.parametrize("path", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_a_command_explains_itself(path, flag):
    assert "Usage" in run_python("from classifier.cli import main; main()", *path.split(), flag)


@pytest.mark.parametrize("path", COMMANDS)
def test_the_readme_names_a_command(path):
    assert f"quality {path}" in (ROOT / "README.md").read_text(encoding="utf-8")


REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("maven", "org"),
    )
]


def test_no_file_names_a_package_registry():
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a checkout: no list of the project's files")
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    assert paths

    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in paths
        if path.is_file()
        for content in [path.read_bytes()]
        for host in REGISTRIES
        if host.encode() in content
    ]

    assert found == []
