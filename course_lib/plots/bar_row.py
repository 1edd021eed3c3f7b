"""Many bars of one look, drawn as one."""

import numpy as np

from course_lib import plots

_ALONG = np.array([0, 1, 1, 0, 0])  # the corners of a bar: at its foot or at its end
_ACROSS = np.array([-0.5, -0.5, 0.5, 0.5, -0.5])  # and on which of its sides


class BarRow:
    """A row of bars that share one patch: a hatch takes as long for one as for all.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    places : array-like of shape (K,)
        Where the bars stand.
    series : int, default=0
        Their look.
    thickness : float, default=0.72
    lying : bool, default=False
        Whether they grow to the right.
    label : str, optional
        For a legend.

    Attributes
    ----------
    patch : matplotlib.patches.PathPatch
        What is drawn. All bars have no length at first.
    """

    def __init__(
        self, axes, places, series=0, thickness=0.72, *, lying=False, label=""
    ):
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        self._places = np.asarray(places, float)
        self._thickness = thickness
        self._across = int(lying)  # the axis of the places
        steps = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
        path = Path(np.zeros((5 * len(places), 2)), steps * len(places))
        self.patch = PathPatch(path, edgecolor=plots.PAPER, linewidth=0, label=label)
        self.look_as(series)
        self.set_lengths(0 * self._places)
        axes.add_patch(self.patch)

    def look_as(self, series):
        """Give all bars the colour and the hatch of a series."""
        self.patch.set(facecolor=plots.COLORS[series], hatch=plots.HATCHES[series])

    def set_lengths(self, lengths):
        """Give the bars their lengths; those left over vanish in the first one's foot.

        Parameters
        ----------
        lengths : array-like of shape (K,) or shorter
        """
        lengths = np.asarray(lengths, float)
        across, along = self._across, 1 - self._across
        places = self._places[: len(lengths)]
        corners = self.patch.get_path().vertices.reshape(-1, 5, 2)
        corners[..., across] = self._places[0] - self._thickness / 2
        corners[..., along] = 0.0
        shown = corners[: len(lengths)]
        shown[..., across] = places[:, np.newaxis] + self._thickness * _ACROSS
        shown[..., along] = lengths[:, np.newaxis] * _ALONG
        self.patch.stale = True
