//! How an algorithm reaches the buffers of its registry.

use crate::layout::Site;
use crate::ode::{Mask, Scalar};

/// The memory of one run (or of one pack of runs, or of a trace), addressed by slot and element.
///
/// On the host it is an arena laid out by a plan. In the tracer it is registers and accesses to shared memory. The slot
/// number is [`Site::INDEX`]; [`load`] and [`store`] find it by a key.
///
/// ```
/// use bakelite::ode::{Scalar, Workspace};
/// struct Flat(Vec<f64>);
/// impl Workspace<f64> for Flat {
///     fn load(&mut self, slot: usize, element: usize) -> f64 { self.0[slot * 8 + element] }
///     fn store_where(&mut self, mask: bool, slot: usize, element: usize, value: f64) {
///         if mask { self.0[slot * 8 + element] = value }
///     }
/// }
/// let mut flat = Flat(vec![0.0; 16]);
/// flat.store_where(true, 1, 2, 5.0);
/// assert_eq!(flat.load(1, 2), 5.0);
/// ```
pub trait Workspace<R: Scalar> {
    /// The value of an element.
    fn load(&mut self, slot: usize, element: usize) -> R;
    /// Writes an element in the lanes where `mask` holds.
    fn store_where(&mut self, mask: R::Mask, slot: usize, element: usize, value: R);
    /// Writes an element in every lane.
    #[inline(always)]
    fn store(&mut self, slot: usize, element: usize, value: R) {
        self.store_where(Mask::splat(true), slot, element, value);
    }
    /// The next index of a loop over elements, or `None` at its end. `carried` holds the values that one index passes
    /// to the next. It takes no closure, because a closure is not compiled for the SIMD level of its caller.
    ///
    /// A tracer of looped kernels records the body for each index and keeps one of the records. So all must be the
    /// same: a body accesses elements at a constant distance from the index. What is the same for all indices is loaded
    /// before the loop. There is no `break` and no other sweep inside, and only `carried` is used after the loop. The
    /// tracer checks all of that.
    ///
    /// ```
    /// use bakelite::{layout::{Path, Site}, ode::{Scalar, Sweep, Workspace, load}};
    /// fn sum<A: Site<K>, K, R: Scalar>(workspace: &mut impl Workspace<R>) -> R {
    ///     let mut sum = [R::lit(0.0)];
    ///     let mut sweep = Sweep::over(A::LEN);
    ///     while let Some(index) = workspace.next(&mut sweep, &mut sum) {
    ///         sum[0] = sum[0] + load::<A, K, R>(workspace, index);
    ///     }
    ///     sum[0]
    /// }
    /// ```
    #[inline(always)]
    fn next<const K: usize>(&mut self, sweep: &mut Sweep, _carried: &mut [R; K]) -> Option<usize> {
        if sweep.index < sweep.count {
            sweep.index += 1;
            Some(sweep.index - 1)
        } else {
            None
        }
    }

    /// A turn of a loop whose length depends on data: the lanes that take part in it, or `None` when no lane is
    /// `running` or when the turns of `repeat` are used up. Call it before every turn, also before the first. `carried`
    /// holds the values that one turn passes to the next.
    ///
    /// The host repeats the loop for a pack of lanes until the last one has stopped; a traced loop is one branch per
    /// thread. Both give the same bits if the body keeps four rules:
    ///
    /// - **A lane that is not in the mask keeps its results**: write with [`store_where`](Workspace::store_where) and
    ///   that mask, and choose carried values by [`select`](Scalar::select). A buffer needs no mask if each turn writes
    ///   it before it reads it, and nothing reads it after the loop.
    /// - **A lane that has stopped stays stopped**: the next `running` is a part of the mask, `running = mask & ..`.
    /// - **What one turn passes to the next, or to the code after the loop, is in `carried` or in buffers.** `running`
    ///   may be used after the loop: it holds in the lanes that the limit stopped.
    /// - **The body does the same at each turn**, and has no `break`. Each loop has a [`Repeat`] of its own, made where
    ///   the loop begins.
    ///
    /// Loops may be nested, and sweeps ([`next`](Workspace::next)) may be in the body. A loop in the body of a sweep
    /// cannot be traced for a looped kernel. A tracer records the body twice and compares the records. It checks all
    /// rules but those about masks. A body that it refuses is the [fault](crate::ptx::Fragment::fault) of the trace.
    ///
    /// ```
    /// use bakelite::ode::{Mask, Pack, Repeat, Scalar, Workspace};
    /// /// Newton's method (Heron's), and where it has not converged.
    /// fn root<R: Scalar>(workspace: &mut impl Workspace<R>, square: R) -> (R, R::Mask) {
    ///     let mut carried = [square];
    ///     let mut running = R::Mask::splat(true);
    ///     let mut repeat = Repeat::at_most(30);
    ///     while let Some(mask) = workspace.again(&mut repeat, running, &mut carried) {
    ///         let [guess] = carried;
    ///         let better = R::lit(0.5) * (guess + square / guess);
    ///         carried = [R::select(mask, better, guess)];
    ///         running = mask & (R::lit(1e-12) * better).lt((better - guess).abs());
    ///     }
    ///     (carried[0], running)
    /// }
    /// # struct Nothing;
    /// # impl<R: Scalar> Workspace<R> for Nothing {
    /// #     fn load(&mut self, _: usize, _: usize) -> R { R::lit(0.0) }
    /// #     fn store_where(&mut self, _: R::Mask, _: usize, _: usize, _: R) {}
    /// # }
    /// // 4 turns and 8
    /// let (roots, running) = root(&mut Nothing, Pack([1.44, 100.0]));
    /// assert_eq!((roots, running.any()), (Pack([1.2, 10.0]), false));
    /// let (_, running) = root(&mut Nothing, Pack([1.44, f64::MAX]));
    /// assert_eq!(running.lanes(), [false, true]);
    /// ```
    #[inline(always)]
    fn again<const K: usize>(
        &mut self,
        repeat: &mut Repeat,
        running: R::Mask,
        _carried: &mut [R; K],
    ) -> Option<R::Mask> {
        if repeat.left > 0 && running.any() {
            repeat.left -= 1;
            Some(running)
        } else {
            repeat.left = 0;
            None
        }
    }

    /// An element of values that all runs have in common, such as a tolerance for each state.
    #[inline(always)]
    fn common(&mut self, values: &[R], index: usize) -> R {
        values[index]
    }

    /// Whether it is better to read a buffer in place than to copy it first. In traced code each access is an
    /// instruction. On the host copies are registers, and without the copy of the state LLVM splits packs into parts:
    /// 3.6 us for 1,000 steps of classical-rk4 instead of 1.9 (Lorenz, f64, AVX-512).
    #[inline(always)]
    fn in_place(&self) -> bool {
        false
    }
}

/// A loop over the elements of buffers: see [`Workspace::next`].
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    pub(crate) index: usize,
    pub(crate) count: usize,
}

impl Sweep {
    /// A sweep over the indices below `count`.
    #[inline(always)]
    #[must_use]
    pub const fn over(count: usize) -> Self {
        Sweep { index: 0, count }
    }
}

/// A loop whose number of turns depends on data: see [`Workspace::again`].
#[derive(Clone, Copy, Debug)]
pub struct Repeat {
    pub(crate) left: u32,
    /// In a trace: the loop in the fragment, and how often the body has been recorded.
    pub(crate) recorded: Option<(usize, u32)>,
}

impl Repeat {
    /// A loop that goes on while some lane is running, for at most `turns` turns. With 0 there is no loop.
    #[inline(always)]
    #[must_use]
    pub const fn at_most(turns: u32) -> Self {
        Repeat {
            left: turns,
            recorded: None,
        }
    }
}

/// Reads element `element` of the buffer with key `K` of the component at `A`.
///
/// ```
/// use bakelite::{layout::{Path, Site}, ode::{Scalar, Workspace, load}};
/// fn first<A: Site<K>, K, R: Scalar>(workspace: &mut impl Workspace<R>) -> R {
///     load::<A, K, R>(workspace, 0)
/// }
/// ```
#[inline(always)]
pub fn load<A: Site<K>, K, R: Scalar>(memory: &mut impl Workspace<R>, element: usize) -> R {
    memory.load(A::INDEX, element)
}

/// Writes element `element` of the buffer with key `K` of the component at `A`.
///
/// ```
/// use bakelite::{layout::{Path, Site}, ode::{Scalar, Workspace, store}};
/// fn clear<A: Site<K>, K, R: Scalar>(workspace: &mut impl Workspace<R>) {
///     store::<A, K, R>(workspace, 0, R::lit(0.0))
/// }
/// ```
#[inline(always)]
pub fn store<A: Site<K>, K, R: Scalar>(memory: &mut impl Workspace<R>, element: usize, value: R) {
    memory.store(A::INDEX, element, value);
}

/// Like [`store`], but in the lanes where `mask` holds.
///
/// ```
/// use bakelite::{layout::{Path, Site}, ode::{Scalar, Workspace, store_where}};
/// fn clear<A: Site<K>, K, R: Scalar>(workspace: &mut impl Workspace<R>, mask: R::Mask) {
///     store_where::<A, K, R>(workspace, mask, 0, R::lit(0.0))
/// }
/// ```
#[inline(always)]
pub fn store_where<A: Site<K>, K, R: Scalar>(
    memory: &mut impl Workspace<R>,
    mask: R::Mask,
    element: usize,
    value: R,
) {
    memory.store_where(mask, A::INDEX, element, value);
}
