"""Which model is asked: the one given, the one named, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logdebug.settings import OFFLINE

if TYPE_CHECKING:
    from logdebug.agent.models import Model
    from logdebug.settings import Settings

__all__ = ["chosen_model"]


def chosen_model(model: str | Model | None, settings: Settings, *, needs_key: bool = True) -> Model | None:
    """Give the model to ask; None is the embedded analyst.

    Parameters
    ----------
    model
        As a caller gives it: a model, its name, or None for that of the settings.
    settings
        Where its server is, what its key is and what it costs.
    needs_key
        Whether it is to be asked; what would be sent and what that would cost can be told with no key.

    Raises
    ------
    SettingsError
        Where there is no key for it, and one is needed.
    """
    if model is not None and not isinstance(model, str):
        return model
    name = settings.model_name(model)
    if name == OFFLINE:
        return None
    from logdebug.agent.models import OpenAIModel
    from logdebug.agent.prices import Price

    price = Price.parse(settings.price) if settings.price else None
    key = settings.key_for(name) if needs_key else "none"
    return OpenAIModel(name, api_key=key, base_url=settings.base_url, price=price)
