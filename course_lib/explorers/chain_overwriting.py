"""Lesson 3, a tape with a mistake on purpose: grad is set where it has to grow."""

import numpy as np

from course_lib import tape


class OverwritingValue(tape.Value):
    """A value whose operations write ``grad = ...`` in place of ``grad += ...``."""

    def __add__(self, other):
        """Add, and blame the wrong way."""
        out = OverwritingValue(self.data + other.data, (self, other))

        def pass_back():
            self.grad = out.grad
            other.grad = out.grad

        out.pass_back = pass_back
        return out

    def __mul__(self, other):
        """Multiply, and blame the wrong way."""
        out = OverwritingValue(self.data * other.data, (self, other))

        def pass_back():
            self.grad = other.data * out.grad
            other.grad = self.data * out.grad

        out.pass_back = pass_back
        return out

    def tanh(self):
        """Return the hyperbolic tangent, and blame the wrong way."""
        out = OverwritingValue(np.tanh(self.data), (self,))

        def pass_back():
            self.grad = (1 - out.data**2) * out.grad

        out.pass_back = pass_back
        return out

    def exp(self):
        """Return e to this power, and blame the wrong way."""
        out = OverwritingValue(np.exp(self.data), (self,))

        def pass_back():
            self.grad = out.data * out.grad

        out.pass_back = pass_back
        return out
