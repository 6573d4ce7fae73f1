"""diffrax on the ensembles of benches/gpu: Tsit5 with a PI controller, Lorenz and Van der Pol, f64 and f32, `--runs` runs.

Prints a table in Markdown. Exit status 3: a module is missing, and its name is the last line of stderr.
"""
import argparse, sys, time

try:
    import diffrax, jax
    import jax.numpy as jnp
    import numpy as np
except ImportError as error:
    sys.exit(print(f"{sys.executable}: {error}", file=sys.stderr) or 3)

jax.config.update("jax_enable_x64", True)
WARM_UP, TIMED = 2, 5


def lorenz(t, y, p):
    return jnp.stack([p[0] * (y[1] - y[0]), y[0] * (p[1] - y[2]) - y[1], y[0] * y[1] - p[2] * y[2]])


def van_der_pol(t, y, p):
    return jnp.stack([y[1], p[0] * (y[1] - y[0] * y[0] * y[1]) - y[0]])


def inputs(system, runs, dtype):
    part = np.arange(runs) / max(runs - 1, 1)
    if system is lorenz:
        parameters = np.stack([np.full(runs, 10.0), 21.0 * part, np.full(runs, 8.0 / 3.0)], 1)
        initial = np.tile([1.0, 0.0, 0.0], (runs, 1))
    else:
        parameters, initial = (1.0 + 9.0 * part)[:, None], np.tile([2.0, 0.0], (runs, 1))
    return initial.astype(dtype), parameters.astype(dtype)


def solver(system, dtype):
    tolerance = 1e-8 if dtype == np.float64 else 1e-4
    # the coefficients of bakelite's controller: 0.7 and 0.4 over the order of the error estimate
    controller = diffrax.PIDController(rtol=tolerance, atol=tolerance, pcoeff=0.4, icoeff=0.3)

    def one(y, p):
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(system), diffrax.Tsit5(), 0.0, 1.0, None, y, p,
            saveat=diffrax.SaveAt(t1=True), stepsize_controller=controller, max_steps=100_000, throw=False,
        )
        return solution.ys[0], solution.stats["num_steps"], solution.result == diffrax.RESULTS.successful

    return jax.jit(jax.vmap(one))


def median_ms(run):
    for _ in range(WARM_UP):
        run()
    times = []
    for _ in range(TIMED):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return sorted(times)[TIMED // 2] * 1e3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, required=True)
    runs = parser.parse_args().runs
    print(f"diffrax {diffrax.__version__}, jax {jax.__version__}, on {jax.devices()[0]}; median of {TIMED} after {WARM_UP}, compilation not counted.\n")
    print("| system | ms | ms, with transfers | steps per run | did not end |\n|---|---|---|---|---|")
    for system in (lorenz, van_der_pol):
        for dtype in (np.float64, np.float32):
            solve, (y, p) = solver(system, dtype), inputs(system, runs, dtype)
            there = jax.device_put(y), jax.device_put(p)
            alone = median_ms(lambda: jax.block_until_ready(solve(*there)))
            whole = median_ms(lambda: jax.device_get(solve(jax.device_put(y), jax.device_put(p))))
            _, steps, ended = jax.device_get(solve(*there))
            name = f"tsit5-pi, {'Lorenz' if system is lorenz else 'VanDerPol'}, {'f64' if dtype == np.float64 else 'f32'}"
            print(f"| {name} | {alone:.3f} | {whole:.3f} | {steps.mean():.1f} | {int((~ended).sum())} |")


main()
