#!/usr/bin/env python3
"""heyoka (Taylor series, batch mode, LLVM) and SciPy on the ensembles of `work_precision`: Markdown rows, one thread, f64.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install heyoka scipy
    OMP_NUM_THREADS=1 /tmp/peers/bin/python benches/peers.py

The error of a tolerance is the largest over the runs of max |end - truth| / max |truth|; truth is heyoka at 1e-16. The time at an error is
interpolated between the logarithms of two tolerances. heyoka advances `batch` runs at once; one integrator is compiled per tolerance, and
its compilation is not timed. Blocks of runs are timed one by one, each the best of some rounds. SciPy integrates a few runs only."""

import math
import sys
import time

import heyoka as hy
import numpy as np
import scipy
from scipy.integrate import solve_ivp

ERRORS = [1e-4, 1e-6, 1e-8, 1e-10]


def lorenz():
    x, y, z = hy.make_vars("x", "y", "z")
    rho = hy.par[0]
    system = [(x, 10.0 * (y - x)), (y, x * (rho - z) - y), (z, x * y - (8.0 / 3.0) * z)]
    runs = 4096
    initial = np.tile([[1.0], [0.0], [0.0]], (1, runs))
    swept = np.linspace(0.0, 21.0, runs)

    def rhs(_t, s, rho):
        return [10.0 * (s[1] - s[0]), s[0] * (rho - s[2]) - s[1], s[0] * s[1] - 8.0 / 3.0 * s[2]]

    return "Lorenz", system, rhs, initial, swept, 1.0


def van_der_pol():
    x, v = hy.make_vars("x", "v")
    mu = hy.par[0]
    system = [(x, v), (v, mu * ((1.0 - x * x) * v) - x)]
    side = 128
    initial = np.vstack([np.repeat(np.linspace(1.0, 2.0, side), side), np.zeros(side * side)])
    swept = np.tile(np.linspace(1.0, 3.0, side), side)

    def rhs(_t, s, mu):
        return [s[1], mu * ((1.0 - s[0] * s[0]) * s[1]) - s[0]]

    return "Van der Pol", system, rhs, initial, swept, 20.0


def largest_error(ends, truth):
    return float(np.max(np.abs(ends - truth).max(axis=0) / np.abs(truth).max(axis=0)))


def heyoka_ends(system, initial, swept, end, tol, batch, rounds):
    """Ends of all runs and seconds per run: the sum over blocks of `batch` runs of the shortest time of each."""
    n, runs = initial.shape
    integrator = hy.taylor_adaptive_batch(
        system, np.zeros((n, batch)), pars=np.zeros((1, batch)), tol=tol
    )
    ends = np.empty_like(initial)
    best = np.full(runs // batch, math.inf)
    blocks = [np.ascontiguousarray(initial[:, b : b + batch]) for b in range(0, runs, batch)]
    knobs = [swept[b : b + batch].copy() for b in range(0, runs, batch)]
    state, pars = integrator.state, integrator.pars
    set_time, until, clock = integrator.set_time, integrator.propagate_until, time.perf_counter
    for _ in range(rounds):
        for number, (block, knob) in enumerate(zip(blocks, knobs)):
            start = clock()
            state[:] = block
            pars[0] = knob
            set_time(0.0)
            until(end)
            best[number] = min(best[number], clock() - start)
            ends[:, number * batch : (number + 1) * batch] = state
    return ends, best.sum() / runs


def scipy_ends(rhs, initial, swept, end, method, tol, picked):
    ends, best = [], 0.0
    for run in picked:
        shortest = math.inf
        for _ in range(2):
            start = time.perf_counter()
            solved = solve_ivp(
                rhs, (0.0, end), initial[:, run], method=method, rtol=tol, atol=tol,
                args=(swept[run],), t_eval=(end,),
            )
            shortest = min(shortest, time.perf_counter() - start)
        best += shortest
        ends.append(solved.y[:, -1])
    return np.array(ends).T, best / len(picked)


def at(points, error):
    """Microseconds at an achieved error: between the last two neighbours around it."""
    for (e1, t1), (e2, t2) in reversed(list(zip(points, points[1:]))):
        if e1 > error >= e2:
            share = math.log(e1 / error) / math.log(e1 / e2)
            return t1 * (t2 / t1) ** share
    return None


def row(name, points):
    cells = [at(points, error) for error in ERRORS]
    print(f"| {name} | " + " | ".join("-" if c is None else f"{c:.2f}" for c in cells) + " |", flush=True)


def cpu():
    with open("/proc/cpuinfo") as text:
        lines = text.read().splitlines()
    model = next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    avx512 = any(line.startswith("flags") and "avx512f" in line for line in lines)
    return model + (" (has AVX-512)" if avx512 else "")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with open("/proc/loadavg") as text:
        load = text.read().split()[:3]
    simd = hy.recommended_simd_size()
    print(f"{cpu()}; heyoka {hy.__version__} ({simd} lanes of f64 by its own choice), SciPy {scipy.__version__}; load {', '.join(load)}\n")
    print("| us per run | " + " | ".join(f"at {e:.0e}" for e in ERRORS) + " |")
    print("|---|" + "---|" * len(ERRORS))
    for problem in (lorenz, van_der_pol):
        name, system, rhs, initial, swept, end = problem()
        truth, _ = heyoka_ends(system, initial, swept, end, 1e-16, simd, 1)
        for batch in (simd // 2, simd, 2 * simd, 4 * simd):
            points = []
            for k in range(2, 15):
                ends, seconds = heyoka_ends(system, initial, swept, end, 10.0**-k, batch, rounds)
                points.append((largest_error(ends, truth), seconds * 1e6))
            row(f"{name}: heyoka, batches of {batch}", points)
        picked = list(range(0, len(swept), len(swept) // 16))
        for method in ("RK45", "DOP853"):
            points = []
            for k in range(3, 13):
                ends, seconds = scipy_ends(rhs, initial, swept, end, method, 10.0**-k, picked)
                points.append((largest_error(ends, truth[:, picked]), seconds * 1e6))
            row(f"{name}: SciPy {method}, 16 of the runs", points)


if __name__ == "__main__":
    main()
