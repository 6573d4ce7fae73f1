#!/usr/bin/env python3
"""Writes coefficients.rs: polynomials of least maximum error, and constants in parts, for both floats.

    pip install mpmath && python3 coefficients.py

Each polynomial minimises the largest |weight(x) * (target(x) - p(x))| on its interval (Remez exchange, 80 digits), where the weight
turns the error of the polynomial into the relative error of the function that is made of it. The coefficients are then
rounded one by one from the first on, the rest fitted anew each time. The error stated beside each is that of the rounded polynomial.
"""
import os
import textwrap
from mpmath import mp, mpf, matrix, lu_solve

mp.dps = 80
HERE = os.path.dirname(os.path.abspath(__file__))


def remez(target, weight, a, b, degree, shift=0):
    """Coefficients of x^shift .. x^(shift + degree), and the largest error."""
    n = degree + 2
    nodes = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * i / (n - 1)) for i in range(n)]
    grid = [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * i / (24 * n)) for i in range(24 * n + 1)]
    known = [(x, target(x), weight(x)) for x in grid]
    for _ in range(30):
        m, rhs = matrix(n, n), matrix(n, 1)
        for row, x in enumerate(nodes):
            w = weight(x)
            for k in range(degree + 1):
                m[row, k] = w * x ** (k + shift)
            m[row, degree + 1] = (-1) ** row
            rhs[row] = w * target(x)
        solution = lu_solve(m, rhs)
        coefficients = [solution[k] for k in range(degree + 1)]
        errors = [w * (t - evaluate(coefficients, x) * x**shift) for x, t, w in known]
        # the largest error in each run of one sign
        peaks, best = [], 0
        for i in range(1, len(errors)):
            if mp.sign(errors[i]) != mp.sign(errors[i - 1]):
                peaks.append(best)
                best = i
            elif abs(errors[i]) > abs(errors[best]):
                best = i
        peaks.append(best)
        while len(peaks) > n:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        low, high = min(abs(errors[i]) for i in peaks), max(abs(e) for e in errors)
        if len(peaks) < n or high - low < high / 200:
            break
        nodes = [grid[i] for i in peaks]
    return coefficients, high


def evaluate(coefficients, x):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def rounded(value, bits):
    if value == 0:
        return mpf(0)
    scale = mpf(2) ** (bits - 1 - mp.floor(mp.log(abs(value), 2)))
    return mp.nint(value * scale) / scale


def fit(target, weight, a, b, degree, bits, refit):
    fixed = []
    for k in range(degree + 1):
        left = lambda x: target(x) - evaluate(fixed, x)
        if k == 0 or k <= refit:
            coefficients, _ = remez(left, weight, a, b, degree - k, k)
        else:
            coefficients = coefficients[1:]
        fixed.append(rounded(coefficients[0], bits))
    points = [a + (b - a) * i / 400 for i in range(401)]
    error = max(abs(weight(x) * (target(x) - evaluate(fixed, x))) for x in points)
    return fixed, error


def number(value):
    """A decimal that reads back as the same double."""
    text = repr(float(value))
    assert mpf(float(text)) == value
    return text


TINY = mpf(10) ** -12
half = mpf(1) / 2
tan_pi_8 = mp.sqrt(2) - 1
root = mp.sqrt
# name, what it is, target, weight, interval, degrees for f64 and f32
FITS = [
    ("EXP", "(e^r - 1 - r) / r², relative to e^r",
     lambda r: (mp.exp(r) - 1 - r) / r**2 if abs(r) > TINY else half + r / 6,
     lambda r: r**2 / mp.exp(r), -mpf("0.3470"), mpf("0.3470"), 10, 4),
    ("EXP2", "(2^r - 1 - r ln 2) / r², relative to 2^r",
     lambda r: (2**r - 1 - r * mp.log(2)) / r**2 if abs(r) > TINY else mp.log(2) ** 2 / 2 + mp.log(2) ** 3 * r / 6,
     lambda r: r**2 / 2**r, -half * mpf("1.0001"), half * mpf("1.0001"), 10, 4),
    ("EXP_M1", "2 (e^r - 1 - r - r² / 2) / r³, relative to e^r",
     lambda r: 2 * (mp.exp(r) - 1 - r - r**2 / 2) / r**3 if abs(r) > TINY else mpf(1) / 3 + r / 12,
     lambda r: abs(r)**3 / 2 / mp.exp(r), -mpf("0.3470"), mpf("0.3470"), 9, 4),
    ("SINH", "(sinh r - r) / r³ in z = r², relative to sinh r",
     lambda z: (mp.sinh(root(z)) / root(z) - 1) / z, lambda z: z, TINY, mpf("0.3470") ** 2, 4, 2),
    ("COSH", "(cosh r - 1) / r² in z = r², relative to cosh r",
     lambda z: (mp.cosh(root(z)) - 1) / z, lambda z: z, TINY, mpf("0.3470") ** 2, 5, 2),
    ("LOG", "(2 atanh(s) / s - 2) / s² in z = s², relative to ln((1 + s) / (1 - s))",
     lambda z: (2 * mp.atanh(root(z)) / root(z) - 2) / z, lambda z: z / 2, TINY, (3 - 2 * root(2)) ** 2, 6, 2),
    ("LOG2_TAIL", "(2 atanh(s) / s - 2 - 2 s² / 3) / (s⁴ ln 2) in z = s², relative to log2((1 + s) / (1 - s))",
     lambda z: (2 * mp.atanh(root(z)) / root(z) - 2 - 2 * z / 3) / z**2 / mp.log(2), lambda z: z**2 / 2 * mp.log(2),
     TINY, (3 - 2 * root(2)) ** 2, 7, 3),
    ("SIN", "(sin r - r) / r³ in z = r², relative to sin r",
     lambda z: (mp.sin(root(z)) / root(z) - 1) / z, lambda z: z, TINY, mpf("0.81") ** 2, 6, 3),
    ("COS", "(cos r - 1 + r² / 2) / r⁴ in z = r², relative to cos r",
     lambda z: (mp.cos(root(z)) - 1 + z / 2) / z**2, lambda z: z**2 / mp.cos(root(z)), TINY, mpf("0.81") ** 2, 5, 2),
    ("ATAN", "(atan t - t) / t³ in z = t², relative to atan t",
     lambda z: (mp.atan(root(z)) / root(z) - 1) / z, lambda z: z, TINY, tan_pi_8**2 * mpf("1.0001"), 10, 4),
    ("ASIN", "(asin t - t) / t³ in z = t², relative to asin t",
     lambda z: (mp.asin(root(z)) / root(z) - 1) / z, lambda z: z, TINY, half**2, 12, 4),
    ("CBRT", "m^(-1/3), relative", lambda m: m ** (-mpf(1) / 3), lambda m: m ** (mpf(1) / 3), mpf(1), mpf(2), 4, 3),
    ("HALF_OVER", "1 / (2 h) on [2, 6], relative", lambda h: 1 / (2 * h), lambda h: 2 * h, mpf(2), mpf(6), 3, 3),
]
# name, what it is, value, bits of the first parts for f64 and f32 (the last part has all), parts
PARTS = [
    ("LN_2", "ln 2 in parts.", mp.log(2), 53, 24, 2),
    ("LN_2_CUT", "ln 2 in parts: a whole number below 2^11 (`f64`) or 2^8 (`f32`) times the first is exact.", mp.log(2), 42, 16, 2),
    ("LOG10_2_CUT", "log10 2 in parts, likewise.", mp.log10(2), 42, 16, 2),
    ("LOG2_E", "1 / ln 2 in parts.", 1 / mp.log(2), 53, 24, 2),
    ("LOG10_E", "1 / ln 10 in parts.", 1 / mp.log(10), 53, 24, 2),
    ("TWO_LOG2_E", "2 / ln 2 in parts.", 2 / mp.log(2), 53, 24, 2),
    ("TWO_THIRDS_LOG2_E", "2 / (3 ln 2) in parts.", 2 / (3 * mp.log(2)), 53, 24, 2),
    ("PI_4", "π / 4 in parts.", mp.pi / 4, 53, 24, 2),
    ("PI_2", "π / 2 in parts.", mp.pi / 2, 53, 24, 3),
    ("THREE_PI_4", "3 π / 4 in parts.", 3 * mp.pi / 4, 53, 24, 2),
    ("PI", "π in parts.", mp.pi, 53, 24, 2),
]


def doc(text):
    """A doc comment of at most 120 columns."""
    return [f"/// {line}" for line in textwrap.wrap(text, 116)]


def main():
    lines = [
        "//! Written by `coefficients.py`: polynomials of least maximum error, and constants in parts.",
        "",
        "use super::parts::{Fit, Parts};",
        "",
    ]
    for name, what, target, weight, a, b, double, single in FITS:
        d, de = fit(target, weight, a, b, double, 53, 3)
        s, se = fit(target, weight, a, b, single, 24, 3)
        interval = f"[{mp.nstr(a if a > TINY or a < 0 else mpf(0), 5)}, {mp.nstr(b, 5)}]"
        lines += doc(f"{what}, on {interval}: 2^{mp.nstr(mp.log(de, 2), 4)} (`f64`), 2^{mp.nstr(mp.log(se, 2), 4)} (`f32`).")
        lines.append(f"pub(super) const {name}: Fit<{double + 1}, {single + 1}> = Fit {{")
        for field, values in (("double", d), ("single", s)):
            lines.append(f"    {field}: [{', '.join(map(number, values))}],")
        lines.append("};")
        print(name, mp.nstr(mp.log(de, 2), 4), mp.nstr(mp.log(se, 2), 4))
    for name, what, value, double, single, count in PARTS:
        lines += doc(what)
        lines.append(f"pub(super) const {name}: Parts<{count}> = Parts {{")
        for field, bits, last in (("double", double, 53), ("single", single, 24)):
            left, parts = value, []
            for k in range(count):
                parts.append(rounded(left, last if k == count - 1 else bits))
                left -= parts[-1]
            lines.append(f"    {field}: [{', '.join(map(number, parts))}],")
        lines.append("};")
    with open(os.path.join(HERE, "coefficients.rs"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.system(f"rustfmt --edition 2024 {os.path.join(HERE, 'coefficients.rs')}")


if __name__ == "__main__":
    main()
