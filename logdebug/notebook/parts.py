"""The few widgets that the review explorer is made of, each with its style's names; ipywidgets is imported here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["button", "choice", "column", "discard", "field", "html", "row", "toggles"]


def html(value: str = "", *styles: str) -> Any:
    """Make a piece of HTML; what is hostile in it is escaped by whoever wrote it."""
    from ipywidgets import HTML

    return _styled(HTML(value), styles)


def button(text: str, on_click: Callable[[], None], *styles: str, tooltip: str = "") -> Any:
    """Make a button; its text is text, whatever is in it."""
    from ipywidgets import Button

    made = _styled(Button(description=text, tooltip=tooltip), styles)
    made.on_click(lambda _: on_click())
    return made


def field(value: str, *styles: str, hint: str = "", name: str = "", lines: int = 1, at_once: bool = False) -> Any:
    """Make a field for text; with `at_once`, each keystroke changes its value."""
    from ipywidgets import Text, Textarea

    given = {"value": value, "placeholder": hint, "description": name, "continuous_update": at_once}
    return _styled(Textarea(rows=lines, **given) if lines > 1 else Text(**given), styles)


def choice(options: Iterable[tuple[str, str]], value: str, *styles: str, name: str = "") -> Any:
    """Make a list to choose one of; options are (text, value)."""
    from ipywidgets import Dropdown

    return _styled(Dropdown(options=list(options), value=value, description=name), styles)


def toggles(options: Sequence[str], *styles: str) -> Any:
    """Make a row of buttons of which one is down."""
    from ipywidgets import ToggleButtons

    return _styled(ToggleButtons(options=list(options), index=0), styles)


def row(*children: Any, style: str = "") -> Any:
    """Put widgets side by side."""
    from ipywidgets import HBox

    return _styled(HBox(list(children)), (style,))


def column(*children: Any, style: str = "") -> Any:
    """Put widgets one below the other."""
    from ipywidgets import VBox

    return _styled(VBox(list(children)), (style,))


def discard(*widgets: Any) -> None:
    """Take widgets, and all that is in them, out of the kernel and the page."""
    for widget in widgets:
        discard(*getattr(widget, "children", ()))
        for part in (getattr(widget, "style", None), getattr(widget, "layout", None), widget):
            if part is not None:
                part.close()


def _styled(widget: Any, styles: Iterable[str]) -> Any:
    for style in filter(None, styles):
        widget.add_class(style)
    return widget
