//! The workspace as one component sees it.

use crate::layout::{Has, Hosts, In, Path, Root, Site};
use crate::ode::{Frame, Lanes, Values, Workspace, integration as run};
use core::marker::PhantomData;

/// The workspace of a run, as the component with buffers `B` sees it. A buffer of the component is named by its key
/// alone.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// use bakelite::ode::{Frame, View};
/// registry! { pub struct Pair<N: Extent> in pair { left: [f64; N] in Local; right: [f64; N] in Local; } }
/// registry! { pub struct Outer<N: Extent> in outer { pair: child Pair<N>; } }
/// fn copy<F: Frame, N: Extent>(here: &mut View<F, Outer<N>>) {
///     let mut inner = here.child(outer::pair);
///     for index in 0..N::LEN {
///         let value = inner.load(pair::left, index);
///         inner.store(pair::right, index, value);
///     }
/// }
/// ```
pub struct View<'w, F: Frame, B> {
    workspace: &'w mut F::Workspace,
    /// The slot of the component's first buffer.
    first: usize,
    component: PhantomData<fn() -> B>,
}

/// A range of elements in some buffer of the workspace. Components pass it to each other.
///
/// ```
/// use bakelite::ode::{Frame, Vector, View};
/// fn copy<F: Frame, B>(here: &mut View<F, B>, from: Vector, to: Vector, count: usize) {
///     for index in 0..count {
///         let value = here.get(from, index);
///         here.set(to, index, value);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Vector {
    slot: usize,
    first: usize,
}

impl Vector {
    /// The same elements without the first `elements`.
    #[inline(always)]
    #[must_use]
    pub fn from(self, elements: usize) -> Self {
        let first = self.first + elements;
        Vector { first, ..self }
    }
}

impl<'w, F: Frame, B> View<'w, F, B> {
    /// The workspace, seen from the component at path `A`.
    #[inline(always)]
    pub fn at<A: Path<Here = B>>(workspace: &'w mut F::Workspace) -> Self {
        View {
            workspace,
            first: A::FIRST,
            component: PhantomData,
        }
    }

    /// The same workspace, seen from the child with key `K`.
    #[inline(always)]
    pub fn child<K>(&mut self, _: K) -> View<'_, F, B::Child>
    where
        B: Hosts<K>,
    {
        View {
            workspace: self.workspace,
            first: self.first + <In<Root<B>, K> as Path>::FIRST,
            component: PhantomData,
        }
    }

    /// The buffer with key `K`.
    #[inline(always)]
    pub fn buffer<K>(&self, _: K) -> Vector
    where
        B: Has<K>,
    {
        Vector {
            slot: self.first + <Root<B> as Site<K>>::INDEX,
            first: 0,
        }
    }

    /// An element of the buffer with key `K`.
    #[inline(always)]
    pub fn load<K>(&mut self, key: K, element: usize) -> F::Scalar
    where
        B: Has<K>,
    {
        let buffer = self.buffer(key);
        self.workspace.load(buffer.slot, element)
    }

    /// Writes an element of the buffer with key `K`.
    #[inline(always)]
    pub fn store<K>(&mut self, key: K, element: usize, value: F::Scalar)
    where
        B: Has<K>,
    {
        let buffer = self.buffer(key);
        self.workspace.store(buffer.slot, element, value);
    }

    /// Writes an element of the buffer with key `K`, in some lanes.
    #[inline(always)]
    pub fn store_where<K>(&mut self, lanes: Lanes<F>, key: K, element: usize, value: F::Scalar)
    where
        B: Has<K>,
    {
        let buffer = self.buffer(key);
        self.workspace
            .store_where(lanes, buffer.slot, element, value);
    }

    /// An element of a vector.
    #[inline(always)]
    pub fn get(&mut self, vector: Vector, element: usize) -> F::Scalar {
        self.workspace.load(vector.slot, vector.first + element)
    }

    /// Writes an element of a vector.
    #[inline(always)]
    pub fn set(&mut self, vector: Vector, element: usize, value: F::Scalar) {
        self.workspace
            .store(vector.slot, vector.first + element, value);
    }

    /// Writes an element of a vector, in some lanes.
    #[inline(always)]
    pub fn set_where(&mut self, lanes: Lanes<F>, to: Vector, element: usize, value: F::Scalar) {
        self.workspace
            .store_where(lanes, to.slot, to.first + element, value);
    }

    /// Writes one value for each state to a vector.
    #[inline(always)]
    pub fn put(&mut self, to: Vector, values: &Values<F>) {
        for index in 0..F::STATES {
            self.set(to, index, values[index]);
        }
    }

    /// The loop's state, at the start of the step.
    #[inline(always)]
    pub fn states(&self) -> Vector {
        Vector {
            slot: <F::Loop as Site<run::state>>::INDEX,
            first: 0,
        }
    }

    /// One element of the loop's state.
    #[inline(always)]
    pub fn state(&mut self, index: usize) -> F::Scalar {
        self.get(self.states(), index)
    }

    /// The workspace itself, for loops: [`Workspace::next`] and [`Workspace::again`].
    #[inline(always)]
    pub fn workspace(&mut self) -> &mut F::Workspace {
        self.workspace
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consts::{U0, U1, U2, U3};
    use crate::layout::{Local, Registry};
    use crate::ode::integration::Running;
    use crate::ode::{Explicit, Fixed, methods::ClassicalRk4};
    use crate::{registry, system};

    system! { struct Rest; states: U1; parameters: U0; rhs: |_t, y, []| [y[0]] }

    registry! {
        struct Leaf in leaf { a: [f64; U2] in Local; b: [f64; U1] in Local; }
    }
    registry! {
        struct Middle in middle { before: [f64; U1] in Local; leaf: child Leaf; after: [f64; U3] in Local; }
    }
    registry! {
        struct Outer in outer { one: [f64; U1] in Local; middle: child Middle; last: [f64; U1] in Local; }
    }

    /// The slot and the element of each access.
    #[derive(Default)]
    struct Log(Vec<(usize, usize)>);
    impl Workspace<f64> for Log {
        fn load(&mut self, slot: usize, element: usize) -> f64 {
            self.0.push((slot, element));
            0.0
        }
        fn store_where(&mut self, _: bool, slot: usize, element: usize, _: f64) {
            self.0.push((slot, element));
        }
    }

    type Run = Running<Explicit<Rest, ClassicalRk4, Fixed>, f64, Log>;
    type InMiddle = In<Root<Outer>, outer::middle>;
    type InLeaf = In<InMiddle, middle::leaf>;

    /// The slots that views find by adding are those that paths know, wherever the view begins.
    #[test]
    fn slots_are_those_of_the_paths() {
        let mut log = Log::default();
        let mut here = View::<Run, Outer>::at::<Root<Outer>>(&mut log);
        here.load(outer::one, 0);
        here.load(outer::last, 0);
        let mut middle = here.child(outer::middle);
        middle.load(middle::before, 0);
        middle.store(middle::after, 2, 1.0);
        let mut leaf = middle.child(middle::leaf);
        leaf.load(leaf::a, 1);
        let b = leaf.buffer(leaf::b);
        leaf.set_where(true, b, 0, 1.0);
        let from = leaf.buffer(leaf::a).from(1);
        leaf.get(from, 0);
        View::<Run, Leaf>::at::<InLeaf>(&mut log).load(leaf::b, 0);
        let want = [
            (<Root<Outer> as Site<outer::one>>::INDEX, 0),
            (<Root<Outer> as Site<outer::last>>::INDEX, 0),
            (<InMiddle as Site<middle::before>>::INDEX, 0),
            (<InMiddle as Site<middle::after>>::INDEX, 2),
            (<InLeaf as Site<leaf::a>>::INDEX, 1),
            (<InLeaf as Site<leaf::b>>::INDEX, 0),
            (<InLeaf as Site<leaf::a>>::INDEX, 1),
            (<InLeaf as Site<leaf::b>>::INDEX, 0),
        ];
        assert_eq!(log.0, want);
        // in the order of the tree, each once
        let mut slots: Vec<usize> = want.iter().map(|(slot, _)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots, (0..Outer::NODE.count()).collect::<Vec<_>>());
    }
}
