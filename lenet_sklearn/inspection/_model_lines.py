"""What displays share that draw each model as a line, so that several stand in one Axes."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from lenet_sklearn.inspection._style import (
    import_pyplot,
    model_style,
    n_models,
    new_axes,
    write_in_percent,
)


class ModelLineDisplay:
    """A line for one model; further models go into the same Axes, in other colours.

    A class that inherits from it draws its line in `_draw`, and prepares empty Axes in `_prepare`.
    The x axis holds shares, which are written in percent.
    """

    name: str | None
    _figsize: ClassVar[tuple[float, float]]

    def plot(self, *, ax: Any = None, name: str | None = None) -> Self:
        """Draw the model.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw, also beside other models. None: a new figure.
        name : str, default=None
            For the legend. None: that of the display.

        Returns
        -------
        display : object of the same class
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        purpose = f"{type(self).__name__}.plot"
        import_pyplot(purpose)
        self.ax_ = ax = new_axes(purpose, self._figsize) if ax is None else ax
        self.figure_ = ax.figure
        if n_models(ax) == 0:
            self._prepare(ax)
            write_in_percent(ax.xaxis)
            ax.grid(axis="y", alpha=0.3)
            ax.spines[["top", "right"]].set_visible(False)
        self._draw(ax, self.name if name is None else name, model_style(ax))
        ax.legend(framealpha=0.8, edgecolor="none", **self._legend_place(ax))
        return self

    def _prepare(self, ax: Any) -> None:
        """Name the axes, and draw what stands behind all models."""
        raise NotImplementedError

    def _draw(self, ax: Any, name: str | None, style: dict[str, Any]) -> None:
        """Draw the line in the style of the next model, with its entry of the legend."""
        raise NotImplementedError

    def _legend_place(self, ax: Any) -> dict[str, Any]:
        """Return the arguments of `Axes.legend` that say where it stands, with all lines drawn."""
        raise NotImplementedError
