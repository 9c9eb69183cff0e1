"""Settings that a project keeps in a file: `quality.toml`, or the table `[tool.quality]` of `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from classifier.errors import QualityError

OWN, SHARED = "quality.toml", "pyproject.toml"


def find(folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The nearest file with settings, in a folder or above it, and what it holds: a table for each command; None where there is none.

    Raises:
        QualityError: the file is no TOML.
    """
    for place in (folder, *folder.parents):
        for name in (OWN, SHARED):
            path = place / name
            if path.is_file() and (settings := _settings(path)) is not None:
                return path, settings
    return None


def _settings(path: Path) -> dict[str, Any] | None:
    """What a file sets; None where it is one of a project that sets nothing of ours."""
    if path.name == OWN:
        return _read(path)
    if "quality" not in path.read_text(encoding="utf-8", errors="replace"):
        return None  # broken or not, it is not about us
    tool = _read(path).get("tool")
    settings = tool.get("quality") if isinstance(tool, dict) else None
    if settings is not None and not isinstance(settings, dict):
        raise QualityError(f"{path}: tool.quality is no table. Write [tool.quality.filter] and its options below it.")
    return settings


class Option(NamedTuple):
    """An option of a command: its name in the program, and whether it may be given several times."""

    name: str
    is_repeated: bool


def for_commands(path: Path, settings: Mapping[str, Any], options: Mapping[str, Mapping[str, Option]]) -> dict[str, dict[str, Any]]:
    """The settings as the options of commands; a list as `a,b` where an option is given once.

    Args:
        path: where they stand, for messages.
        settings: a table for each command.
        options: of each command the options by what one types, such as `min-words`.

    Raises:
        QualityError: a command or an option is not known.
    """
    read: dict[str, dict[str, Any]] = {}
    for command, table in settings.items():
        if command not in options or not isinstance(table, dict):
            raise QualityError(f"{path}: [{command}] is no command with options. Choose among {', '.join(sorted(options))}.")
        for key, value in table.items():
            option = options[command].get(key.replace("_", "-"))
            if option is None:
                raise QualityError(f"{path}: {command} has no option {key!r}. Choose among {', '.join(sorted(options[command]))}.")
            read.setdefault(command, {})[option.name] = _typed(value, option)
    return read


def _typed(value: Any, option: Option) -> Any:
    """A value as if it had been typed."""
    values = [each if isinstance(each, bool) else str(each) for each in (value if isinstance(value, list) else [value])]
    if option.is_repeated:
        return values
    return values[0] if len(values) == 1 else ",".join(map(str, values))


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QualityError(f"{path}: this file is no TOML ({error}). Mend it or remove it.") from error
    except OSError as error:
        raise QualityError(f"{path}: {(error.strerror or 'cannot be read').lower()}. Make it readable or remove it.") from error
