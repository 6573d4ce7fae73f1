//! Programs of nested loops and sweeps: made, and executed over any scalar and workspace.

use crate::ode::{Repeat, Scalar, Sweep, Workspace};

/// Buffers of results, and one that is written before each use.
pub(super) const SLOTS: [&str; 4] = ["a", "b", "c", "scratch"];
pub(super) const SCRATCH: usize = 3;
pub(super) const LEN: usize = 4;
/// Values besides those in buffers.
pub(super) const VARS: usize = 4;

/// Numbers without any pattern (splitmix64).
pub(super) struct Numbers(pub u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// In sixteenths, from -2 to 2.
    pub(super) fn value(&mut self) -> f64 {
        self.below(65) as f64 / 16.0 - 2.0
    }
}

pub(super) enum Expr {
    Var(usize),
    Element(usize, usize),
    Lit(f64),
    Op(usize, Box<[Expr; 2]>),
}

/// `.0 < .1`
pub(super) struct Test(Expr, Expr);

pub(super) enum Statement {
    Set(usize, Expr),
    Store {
        to: (usize, usize),
        value: Expr,
        only: Option<Test>,
    },
    /// To a variable through the scratch buffer.
    Through(usize, usize, Expr),
    /// `to[i + d] = value(from[i + d], sum)`, `sum` carried.
    Sweep {
        from: (usize, usize),
        to: (usize, usize),
        sum: usize,
        value: Expr,
        only: Test,
    },
    Loop {
        limit: u32,
        start: Option<Test>,
        carried: [usize; 2],
        body: Vec<Statement>,
        again: Test,
        /// What becomes 1 where the limit stopped it.
        stopped: Option<usize>,
    },
}

fn expr(n: &mut Numbers, depth: usize, elements: bool) -> Expr {
    match n.below(if depth == 0 { 5 } else { 9 }) {
        0 => Expr::Lit(n.value()),
        1 | 2 if elements => Expr::Element(n.below(SCRATCH), n.below(LEN)),
        1..5 => Expr::Var(n.below(VARS)),
        _ => {
            let sides = [0; 2].map(|_| expr(n, depth - 1, elements));
            Expr::Op(n.below(7), Box::new(sides))
        }
    }
}

fn test(n: &mut Numbers, elements: bool) -> Test {
    Test(expr(n, 2, elements), expr(n, 1, elements))
}

pub(super) fn block(n: &mut Numbers, depth: usize) -> Vec<Statement> {
    (0..2 + n.below(4)).map(|_| statement(n, depth)).collect()
}

fn statement(n: &mut Numbers, depth: usize) -> Statement {
    match n.below(if depth == 0 { 8 } else { 11 }) {
        0..3 => Statement::Set(n.below(VARS), expr(n, 3, true)),
        3..5 => Statement::Store {
            to: (n.below(SCRATCH), n.below(LEN)),
            value: expr(n, 2, true),
            only: (n.below(2) == 0).then(|| test(n, true)),
        },
        5 => Statement::Through(n.below(VARS), n.below(LEN), expr(n, 2, true)),
        6 | 7 => Statement::Sweep {
            from: (n.below(SCRATCH), n.below(2)),
            to: (n.below(SCRATCH), n.below(2)),
            sum: n.below(VARS),
            value: expr(n, 2, false),
            only: test(n, false),
        },
        _ => {
            let first = n.below(VARS);
            Statement::Loop {
                limit: [0, 1, 2, 3, 4, 6][n.below(6)],
                start: (n.below(3) == 0).then(|| test(n, true)),
                carried: [first, (first + 1 + n.below(VARS - 1)) % VARS],
                body: block(n, depth - 1),
                again: test(n, true),
                stopped: (n.below(2) == 0).then(|| n.below(VARS)),
            }
        }
    }
}

/// Between -4 and 4: no infinity, and so no NaN.
fn bounded<R: Scalar>(x: R) -> R {
    x.max(R::lit(-4.0)).min(R::lit(4.0))
}

type Vars<R> = [R; VARS];

fn eval<R: Scalar>(e: &Expr, w: &mut impl Workspace<R>, vars: &Vars<R>) -> R {
    match e {
        Expr::Var(index) => vars[*index],
        Expr::Element(slot, element) => w.load(*slot, *element),
        Expr::Lit(value) => R::lit(*value),
        Expr::Op(op, sides) => {
            let [a, b] = [0, 1].map(|side| eval(&sides[side], w, vars));
            bounded(match op {
                0 => a + b,
                1 => a - b,
                2 => a * b,
                3 => a.mul_add(b, a),
                4 => a.copysign(b),
                5 => R::select(a.lt(b), b, a * R::lit(0.75)),
                _ => a.abs().sqrt(),
            })
        }
    }
}

fn holds<R: Scalar>(test: &Test, w: &mut impl Workspace<R>, vars: &Vars<R>) -> R::Mask {
    let left = eval(&test.0, w, vars);
    left.lt(eval(&test.1, w, vars))
}

/// `turns` counts bodies of loops.
pub(super) fn execute<R: Scalar>(
    program: &[Statement],
    w: &mut impl Workspace<R>,
    vars: &mut Vars<R>,
    mask: R::Mask,
    turns: &mut u64,
) {
    for statement in program {
        match statement {
            Statement::Set(var, e) => vars[*var] = eval(e, w, vars),
            Statement::Store { to, value, only } => {
                let value = eval(value, w, vars);
                let mask = match only {
                    Some(test) => mask & holds(test, w, vars),
                    None => mask,
                };
                w.store_where(mask, to.0, to.1, value);
            }
            Statement::Through(var, element, e) => {
                let value = eval(e, w, vars);
                w.store(SCRATCH, *element, value);
                vars[*var] = w.load(SCRATCH, *element);
            }
            Statement::Sweep {
                from,
                to,
                sum,
                value,
                only,
            } => {
                let mut carried = [vars[*sum]];
                let mut sweep = Sweep::over(LEN - 1);
                while let Some(i) = w.next(&mut sweep, &mut carried) {
                    let mut inner = *vars;
                    inner[*sum] = carried[0];
                    inner[(*sum + 1) % VARS] = w.load(from.0, i + from.1);
                    let value = eval(value, w, &inner);
                    let only = mask & holds(only, w, &inner);
                    w.store_where(only, to.0, i + to.1, value);
                    carried = [bounded(carried[0].mul_add(R::lit(-0.5), value))];
                }
                vars[*sum] = carried[0];
            }
            Statement::Loop {
                limit,
                start,
                carried: own,
                body,
                again,
                stopped,
            } => {
                let mut running = match start {
                    Some(test) => mask & holds(test, w, vars),
                    None => mask,
                };
                let mut carried = own.map(|var| vars[var]);
                let mut repeat = Repeat::at_most(*limit);
                while let Some(mask) = w.again(&mut repeat, running, &mut carried) {
                    *turns += 1;
                    let mut inner = *vars;
                    for (var, value) in own.iter().zip(carried) {
                        inner[*var] = value;
                    }
                    execute(body, w, &mut inner, mask, turns);
                    running = mask & holds(again, w, &inner);
                    for (var, value) in own.iter().zip(&mut carried) {
                        *value = R::select(mask, inner[*var], *value);
                    }
                }
                for (var, value) in own.iter().zip(carried) {
                    vars[*var] = value;
                }
                if let Some(var) = stopped {
                    vars[*var] = R::select(running, R::lit(1.0), vars[*var]);
                }
            }
        }
    }
}
