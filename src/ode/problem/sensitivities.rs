//! Forward sensitivities: how a solution depends on parameters and on its initial state. They are integrated with the
//! solution.

use crate::ode::{Dual, Scalar, System, splat};
use crate::{layout::Switch, ode::Dimension};
use core::marker::PhantomData;
use core::ops::{Add, Mul};
use generic_array::{ArrayLength, GenericArray};
use typenum::{Add1, B1, IsLess, Prod, Sum, True, U1, Unsigned};

/// What the derivatives in a column of sensitivities are taken with respect to.
///
/// ```
/// use bakelite::{consts::*, ode::{ByInitialStates, Direction, Directions}, system};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// assert_eq!(<ByInitialStates as Directions<Decay>>::direction(0), Direction::InitialState(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The parameter with this index.
    Parameter(usize),
    /// The initial value of the state with this index.
    InitialState(usize),
}

/// A choice of derivatives of a solution of `S`, column by column: [`ByParameters`], [`ByInitialStates`],
/// [`ByParameter`], [`ByInitialState`], or a tuple of two to four of them, one after the other.
///
/// ```
/// use bakelite::{consts::*, ode::{ByInitialStates, ByParameter, Directions}, system, typenum::Unsigned};
/// system! { struct Oscillator; states: U2; parameters: U2; rhs: |_t, [x, v], [stiffness, damping]| [v, -(stiffness * x) - damping * v] }
/// type Chosen = (ByParameter<U1>, ByInitialStates);
/// assert_eq!(<<Chosen as Directions<Oscillator>>::Columns as Unsigned>::USIZE, 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no choice of sensitivities of `{S}`",
    label = "expected `ByParameters`, `ByInitialStates`, `ByParameter<U0>`, `ByInitialState<U0>`, or a tuple of them",
    note = "the index of a parameter or state is below their number"
)]
pub trait Directions<S: System>: Send + Sync + 'static {
    /// The number of columns.
    type Columns: Dimension;
    /// What the derivatives in column `column` are taken with respect to, for `column` below
    /// [`Columns`](Directions::Columns). Derivatives with respect to a parameter or state that `S` does not have are 0.
    /// Put `#[inline(always)]` on it.
    fn direction(column: usize) -> Direction;
}

/// Derivatives with respect to all parameters, in their order.
///
/// ```
/// use bakelite::{consts::*, ode::{ByParameters, Directions}, prelude::*, typenum::Unsigned};
/// system! { struct Oscillator; states: U2; parameters: U1; rhs: |_t, [x, v], [stiffness]| [v, -(stiffness * x)] }
/// assert_eq!(<<ByParameters as Directions<Oscillator>>::Columns as Unsigned>::USIZE, 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByParameters;
impl<S: System> Directions<S> for ByParameters {
    type Columns = S::Parameters;
    #[inline(always)]
    fn direction(column: usize) -> Direction {
        Direction::Parameter(column)
    }
}

/// Derivatives with respect to the initial values of all states, in their order.
///
/// ```
/// use bakelite::{consts::*, ode::{ByInitialStates, Directions}, prelude::*, typenum::Unsigned};
/// system! { struct Oscillator; states: U2; parameters: U1; rhs: |_t, [x, v], [stiffness]| [v, -(stiffness * x)] }
/// assert_eq!(<<ByInitialStates as Directions<Oscillator>>::Columns as Unsigned>::USIZE, 2);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByInitialStates;
impl<S: System> Directions<S> for ByInitialStates {
    type Columns = S::States;
    #[inline(always)]
    fn direction(column: usize) -> Direction {
        Direction::InitialState(column)
    }
}

/// Derivatives with respect to parameter `K`, counted from [`U0`](crate::consts::U0).
///
/// ```
/// use bakelite::{consts::*, ode::{ByParameter, Direction, Directions}, system};
/// system! { struct Oscillator; states: U2; parameters: U1; rhs: |_t, [x, v], [stiffness]| [v, -(stiffness * x)] }
/// assert_eq!(<ByParameter<U0> as Directions<Oscillator>>::direction(0), Direction::Parameter(0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByParameter<K>(PhantomData<fn() -> K>);
impl<S: System, K> Directions<S> for ByParameter<K>
where
    K: Unsigned + IsLess<S::Parameters, Output = True> + 'static,
{
    type Columns = U1;
    #[inline(always)]
    fn direction(_column: usize) -> Direction {
        Direction::Parameter(K::USIZE)
    }
}

/// Derivatives with respect to the initial value of state `K`, counted from [`U0`](crate::consts::U0).
///
/// ```
/// use bakelite::{consts::*, ode::{ByInitialState, Direction, Directions}, system};
/// system! { struct Oscillator; states: U2; parameters: U1; rhs: |_t, [x, v], [stiffness]| [v, -(stiffness * x)] }
/// assert_eq!(<ByInitialState<U1> as Directions<Oscillator>>::direction(0), Direction::InitialState(1));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ByInitialState<K>(PhantomData<fn() -> K>);
impl<S: System, K> Directions<S> for ByInitialState<K>
where
    K: Unsigned + IsLess<S::States, Output = True> + 'static,
{
    type Columns = U1;
    #[inline(always)]
    fn direction(_column: usize) -> Direction {
        Direction::InitialState(K::USIZE)
    }
}

impl<S, A, B> Directions<S> for (A, B)
where
    S: System,
    A: Directions<S, Columns: Add<B::Columns, Output: Dimension>>,
    B: Directions<S>,
{
    type Columns = Sum<A::Columns, B::Columns>;
    #[inline(always)]
    fn direction(column: usize) -> Direction {
        if column < A::Columns::USIZE {
            A::direction(column)
        } else {
            B::direction(column - A::Columns::USIZE)
        }
    }
}

macro_rules! longer_tuples {
    ($(($first:ident, $($rest:ident),+))*) => {$(
        impl<S: System, $first, $($rest),+> Directions<S> for ($first, $($rest),+)
        where
            $first: Send + Sync + 'static,
            $($rest: Send + Sync + 'static,)+
            ($first, ($($rest,)+)): Directions<S>,
        {
            type Columns = <($first, ($($rest,)+)) as Directions<S>>::Columns;
            #[inline(always)]
            fn direction(column: usize) -> Direction {
                <($first, ($($rest,)+)) as Directions<S>>::direction(column)
            }
        }
    )*};
}
longer_tuples! { (A, B, C) (A, B, C, D) }

/// The system `S` with its forward sensitivities `s_k = ∂y/∂θ_k`, as a system of its own. It works with every method,
/// controller, precision and executor, kernels included.
///
/// With `N` states in `S` and `M` columns, it has `N + N M` states: those of `S`, then column after column. The
/// sensitivities obey the variational equations `s_k' = ∂f/∂y s_k + ∂f/∂θ_k` (E. Hairer, S. P. Nørsett, G. Wanner,
/// *Solving ODEs I*, 2nd ed., section I.14, theorems 14.1 and 14.3). The derivatives in them are taken of the one
/// right-hand side, by [`Dual`] numbers: they are exact, and do not use [`System::jacobian_product`]. The parameters
/// are those of `S`. A sensitivity has the units of its state per unit of its parameter, or of its initial state.
///
/// `By` chooses the derivatives: see [`Directions`]. With `Controlled = B1`, steps are so short that the tolerances
/// hold for sensitivities, too. With `B0`, step sizes are chosen by the states alone: an explicit method gives the
/// states the same bits as without sensitivities. The equations of implicit steps are solved for states and
/// sensitivities, by the tolerances of both ([`options`](Sensitivities::options)).
///
/// [`split`](Sensitivities::split) separates a solution into states and sensitivities:
///
/// ```
/// use bakelite::{Error, consts::*, ode::Sensitivities, prelude::*};
/// system! { struct Decay; states: U1; parameters: U1; rhs: |_t, [y], [rate]| [-(rate * y)] }
/// type Decays = Sensitivities<Decay>; // by all parameters
/// type Solver = Explicit<Decays, Tsit5, ProportionalIntegral>;
///
/// let rates = ndarray::array![[0.5, 2.0]];
/// let ensemble = Ensemble::<Decay, f64>::new(ndarray::Array2::ones((1, 2)).view(), rates.view(), (0.0, 1.0))?;
/// let options = Options { rtol: 1e-9, atol: vec![1e-9], ..Options::default() };
/// let solution = Decays::ensemble(&ensemble).solve::<Solver>(&options)?;
/// let parts = Decays::split(&solution)?;
/// // y = exp(-rate t), and ∂y/∂rate = -t exp(-rate t)
/// assert!((parts.states[[0, 1]] - f64::exp(-2.0)).abs() < 1e-8);
/// assert!((parts.sensitivities[[1, 0, 0]] + f64::exp(-2.0)).abs() < 1e-8); // [run][state][column]
/// # Ok::<(), Error>(())
/// ```
#[doc(alias = "variational")]
#[doc(alias = "tangent")]
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::type_complexity,
    reason = "the plain marker of three type parameters"
)]
pub struct Sensitivities<S, By = ByParameters, Controlled = B1>(
    PhantomData<fn() -> (S, By, Controlled)>,
);

/// `S`'s right-hand side on dual numbers along one column: the slopes are the column's derivative in time.
#[inline(always)]
fn write_column<S: System, By: Directions<S>, R: Scalar, M: ArrayLength>(
    result: &mut GenericArray<R, M>,
    (time, y, p): (R, &GenericArray<R, M>, &GenericArray<R, S::Parameters>),
    column: usize,
) {
    let states = S::States::USIZE;
    let first = states + column * states;
    let mut values = splat::<Dual<R>, S::States>(Dual::lit(0.0));
    for state in 0..states {
        values[state] = Dual::new(y[state], y[first + state]);
    }
    let by = By::direction(column);
    let mut parameters = splat::<Dual<R>, S::Parameters>(Dual::lit(0.0));
    for index in 0..S::Parameters::USIZE {
        parameters[index] = if by == Direction::Parameter(index) {
            Dual::new(p[index], R::lit(1.0))
        } else {
            Dual::constant(p[index])
        };
    }
    let derivative = S::rhs(Dual::constant(time), &values, &parameters);
    for state in 0..states {
        result[first + state] = derivative[state].slope();
    }
}

impl<S, By, Controlled> System for Sensitivities<S, By, Controlled>
where
    S: System<States: Mul<Add1<By::Columns>>>,
    By: Directions<S, Columns: Add<B1>>,
    Prod<S::States, Add1<By::Columns>>: Dimension,
    Controlled: Switch + 'static,
{
    /// The name of `S`.
    const NAME: &'static str = S::NAME;
    const AUTONOMOUS: bool = S::AUTONOMOUS;
    type States = Prod<S::States, Add1<By::Columns>>;
    type Parameters = S::Parameters;
    const CONTROLLED_STATES: usize = if Controlled::ON {
        Self::States::USIZE
    } else {
        S::CONTROLLED_STATES
    };

    #[inline(always)]
    fn rhs<R: Scalar>(
        t: R,
        y: &GenericArray<R, Self::States>,
        p: &GenericArray<R, Self::Parameters>,
    ) -> GenericArray<R, Self::States> {
        let mut states = splat::<R, S::States>(R::lit(0.0));
        for state in 0..S::States::USIZE {
            states[state] = y[state];
        }
        let derivative = S::rhs(t, &states, p);
        let mut result = splat::<R, Self::States>(R::lit(0.0));
        for state in 0..S::States::USIZE {
            result[state] = derivative[state];
        }
        if const { By::Columns::USIZE <= 8 } {
            // the number of a column is a constant, so what does not depend on its parameter costs nothing
            macro_rules! spell_out {
                ($($column:literal)*) => {$(
                    if const { $column < By::Columns::USIZE } {
                        write_column::<S, By, R, _>(&mut result, (t, y, p), $column);
                    }
                )*};
            }
            spell_out!(0 1 2 3 4 5 6 7);
        } else {
            for column in 0..By::Columns::USIZE {
                write_column::<S, By, R, _>(&mut result, (t, y, p), column);
            }
        }
        result
    }
}
