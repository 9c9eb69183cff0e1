"""Settings that a project keeps in a file: `quality.toml`, or the table `[tool.quality]` of `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
            if path.is_file():
                found = _read(path)
                settings = found if name == OWN else found.get("tool", {}).get("quality")
                if settings is not None:
                    return path, settings
    return None


def for_commands(path: Path, settings: Mapping[str, Any], options: Mapping[str, set[str]]) -> dict[str, dict[str, Any]]:
    """The settings as the options of commands: `min-words` as `min_words`, a list as `a,b`.

    Args:
        path: where they stand, for messages.
        settings: a table for each command.
        options: the names of the options of each command.

    Raises:
        QualityError: a command or an option is not known.
    """
    read: dict[str, dict[str, Any]] = {}
    for command, table in settings.items():
        if command not in options or not isinstance(table, dict):
            raise QualityError(f"{path}: [{command}] is no command with options. Choose among {', '.join(sorted(options))}.")
        for key, value in table.items():
            name = key.replace("-", "_")
            if name not in options[command]:
                known = ", ".join(sorted(option.replace("_", "-") for option in options[command]))
                raise QualityError(f"{path}: {command} has no option {key!r}. Choose among {known}.")
            read.setdefault(command, {})[name] = ",".join(map(str, value)) if isinstance(value, list) else value
    return read


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise QualityError(f"{path}: this file is no TOML ({error}). Mend it or remove it.") from error
    except OSError as error:
        raise QualityError(f"{path}: {(error.strerror or 'cannot be read').lower()}. Make it readable or remove it.") from error
