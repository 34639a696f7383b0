"""How frames are made: columns by name, each with a dtype that is the same with no rows.

Dtypes are given as words, so that a module can own its columns without loading pandas: pandas' own names, and
`severity`, `category`, `status`, `decision` and `outcome` for the vocabularies. Their categories are always the whole
vocabulary, so that frames of several reports go together without losing their dtypes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from logdebug.records import CATEGORIES, DECISIONS, SEVERITIES, STATUSES
from logdebug.report.text import storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

__all__ = ["MOMENT", "OUTCOMES", "framed"]

MOMENT = "datetime64[us, UTC]"
"""The dtype of moments: records hold microseconds."""
OUTCOMES = ("diagnosed", "failed")
"""What can come of an incident."""


def framed(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Make a frame.

    Parameters
    ----------
    columns
        The dtype of each column, in order; also one of the words of this module.
    rows
        What stands in each row, by column; None where there is no value.

    Returns
    -------
    pandas.DataFrame
        One row per row given. A text holds no lone surrogate, so that every frame can be written to a file.
    """
    import pandas as pd

    vocabularies: dict[str, Any] = {
        "status": pd.CategoricalDtype(list(STATUSES)),
        "category": pd.CategoricalDtype(list(CATEGORIES)),
        "severity": pd.CategoricalDtype(list(reversed(SEVERITIES)), ordered=True),
        "decision": pd.CategoricalDtype(list(DECISIONS)),
        "outcome": pd.CategoricalDtype(list(OUTCOMES)),
    }
    held = list(rows)
    made = {}
    for column, dtype in columns.items():
        values = [row[column] for row in held]
        if dtype == "str":
            values = [None if value is None else storable(value) for value in values]
        made[column] = pd.Series(values, dtype=vocabularies.get(dtype, dtype))
    return pd.DataFrame(made)
