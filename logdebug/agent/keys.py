"""The key to a model's server: sent with each request, and shown nowhere."""

from __future__ import annotations

from typing import Any

__all__ = ["Key"]

_MASK = "<api key>"
_FEWEST_CHARACTERS = 8  # a shorter one is no secret ("none"), and would be taken out of words


class Key:
    """A key that no repr, traceback or error shows.

    Parameters
    ----------
    value
        The key.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        """Show that there is one."""
        return _MASK

    @property
    def value(self) -> str:
        """The key itself, for what makes the same model elsewhere."""
        return self._value

    async def __call__(self) -> str:
        """Give the key, as the client asks for it with each request."""
        return self._value

    def masked(self, told: Any) -> Any:
        """Give what a server told without the key in it, should it send back what it was sent.

        Parameters
        ----------
        told
            Text, bytes, or JSON of any depth.
        """
        if len(self._value) < _FEWEST_CHARACTERS:
            return told
        if isinstance(told, str):
            return told.replace(self._value, _MASK)
        if isinstance(told, bytes):
            return told.replace(self._value.encode(), _MASK.encode())
        if isinstance(told, dict):
            return {self.masked(name): self.masked(value) for name, value in told.items()}
        return [self.masked(each) for each in told] if isinstance(told, list) else told
