"""Prints the numbers of erf in Sources/CMatrixKernels: erf(x) = x · P(x²) / Q(x²) for |x| ≤ 3.9.

P and Q, both of degree 5 with Q(0) = 1, are fitted by least squares whose weights grow where the
error is greatest (Lawson 1961), until that is as small as it gets. The error in single precision is
printed below them.
"""

import numpy
from scipy.special import erf

DEGREE = 5
END = 3.9


def polynomial(coefficients, t):
    """Horner's rule, in the precision of t."""
    value = numpy.full_like(t, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * t + t.dtype.type(coefficient)
    return value


def fit():
    x = END * (1 - numpy.cos(numpy.linspace(0, numpy.pi, 4001)[1:])) / 2
    t, wanted = (x / END) ** 2, erf(x)
    powers = t[:, None] ** numpy.arange(DEGREE + 1)
    columns = numpy.hstack([x[:, None] * powers, -wanted[:, None] * powers[:, 1:]])
    weights, divisor, best = numpy.ones_like(x), numpy.ones_like(x), None
    for _ in range(200):
        factor = weights / divisor
        solution = numpy.linalg.lstsq(columns * factor[:, None], wanted * factor, rcond=None)[0]
        p, q = solution[:DEGREE + 1], numpy.append(1, solution[DEGREE + 1:])
        divisor = polynomial(q, t)
        error = abs(x * polynomial(p, t) / divisor - wanted)
        if best is None or error.max() < best[0]:
            best = error.max(), p, q
        weights *= numpy.sqrt(error / error.max() + 1e-3)
        weights /= weights.max()
    scale = END ** (2 * numpy.arange(DEGREE + 1))
    return best[1] / scale, best[2] / scale


def main():
    p, q = (part.astype(numpy.float32) for part in fit())
    print("P", *(f"{value:.9g}" for value in p))
    print("Q", *(f"{value:.9g}" for value in q))
    x = numpy.linspace(-6, 6, 2_000_001, dtype=numpy.float32)
    inside = numpy.clip(x, -END, END).astype(numpy.float32)
    t = inside * inside
    found = inside * polynomial(p, t) / polynomial(q, t)
    print(f"greatest error {abs(found.astype(float) - erf(x.astype(float))).max():.2g}")


main()
