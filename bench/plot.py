"""Draws the first word over turns and over chats that ask at once."""

from collections.abc import Sequence
from pathlib import Path

from local.stack import ROOT

from bench.figures import Curve

PICTURE = ROOT / "docs" / "images" / "first-word.svg"


def draw(curves: Sequence[Curve], path: Path = PICTURE) -> None:
    """A panel for each curve: Parley and the bare server, in milliseconds."""
    import matplotlib as mpl  # here, for it takes a second and most runs draw nothing

    mpl.use("svg")
    # The same figures give the same file, and its words stay words.
    mpl.rcParams |= {"svg.hashsalt": "parley", "svg.fonttype": "none", "font.family": "sans-serif"}
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(
        1, len(curves), figsize=(5 * len(curves), 3.4), squeeze=False, layout="tight"
    )
    for panel, curve in zip(panels[0], curves, strict=True):
        for label, values, style in (("Parley", curve.ours, "-o"), ("bare", curve.bare, "--s")):
            panel.plot(curve.xs, [value * 1000 for value in values], style, label=label, ms=3)
        panel.set(xlabel=curve.over, ylabel="first word, ms")
        panel.set_ylim(bottom=0)
        panel.grid(alpha=0.3)
        panel.legend()
    figure.savefig(path, metadata={"Date": None}, facecolor="white")
    pyplot.close(figure)
