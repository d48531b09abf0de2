"""``lenet-sklearn export``: a saved model as an ONNX file, which runs without Python."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._models import ModelName, load_named
from lenet_sklearn.cli._options import check_file

_EXAMPLES = """\
[bold]Example[/bold]

[dim]# the model that ships with the library; pixels go in as bytes[/dim]
lenet-sklearn export mnist mnist.onnx --dtype uint8
"""


class _Dtype(StrEnum):
    FLOAT32 = "float32"
    UINT8 = "uint8"


@app.command(epilog=_EXAMPLES)
def export(
    model: ModelName,
    out: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            show_default=False,
            callback=check_file,
            help="The ONNX file to write. An existing file is replaced.",
        ),
    ],
    dtype: Annotated[_Dtype, typer.Option(help="Type of the pixels.")] = _Dtype.FLOAT32,
) -> None:
    """Write a model as an ONNX file: preprocessing, network, probabilities and labels."""
    from lenet_sklearn import export_onnx

    with interruptible(None, "files"):
        named = load_named(model)
        try:
            export_onnx(named.fitted, out, dtype=str(dtype))
        except (ImportError, TypeError) as error:  # the message says what to do
            raise typer.BadParameter(str(error)) from error
    layout = named.layout
    shape = (layout.n_features,) if layout.flat else layout.sample_shape
    typer.echo(
        f"Written: {out}, {out.stat().st_size:,} bytes; input X of shape "
        f"({', '.join(map(str, ['n', *shape]))}) and type {dtype}, outputs label and probabilities"
    )
