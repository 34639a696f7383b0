"""What ships beside the code: the notebooks and the samples, wherever this installation keeps them."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from logdebug.errors import SettingsError

__all__ = ["shipped"]


def shipped(name: str) -> Path:
    """Give a directory that ships with logdebug: `notebooks` or `sample_logs`.

    Raises
    ------
    SettingsError
        Where this installation lacks it.
    """
    package = Path(str(resources.files("logdebug")))
    # In the wheel it lies within the package, in a checkout beside it.
    for directory in (package / name, package.parent / name):
        if directory.is_dir():
            return directory
    raise SettingsError(f"this installation lacks its {name}; install logdebug again", setting=name)
