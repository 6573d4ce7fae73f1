//! The tracing scalar: arithmetic on it records a graph.

use super::graph::{self, Binary, Compare, Id, Kind, Node, Unary};
use crate::ode::{Mask, Real, Scalar};
use core::marker::PhantomData;
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// A float that is being traced on this thread: see [`trace`](super::trace).
///
/// ```
/// use bakelite::{ode::Scalar, ptx::{Fragment, trace}};
/// let fragment = trace(|| {
///     let x = bakelite::ptx::Traced::<f64>::operand("x");
///     (x * x).output("square");
/// });
/// assert_eq!(fragment.operands(), ["x", "square"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Traced<T> {
    id: Id,
    float: PhantomData<fn() -> T>,
}

/// A predicate that is being traced.
#[derive(Clone, Copy, Debug)]
pub struct TracedMask(Id);

fn kind<T: Real>() -> Kind {
    if size_of::<T>() == 4 {
        Kind::F32
    } else {
        Kind::F64
    }
}

impl<T: Real> Traced<T> {
    pub(crate) fn new(id: Id) -> Self {
        Traced {
            id,
            float: PhantomData,
        }
    }
    pub(crate) fn id(self) -> Id {
        self.id
    }
    pub(crate) fn kind() -> Kind {
        kind::<T>()
    }
    fn node(node: Node) -> Self {
        Self::new(graph::value(node, kind::<T>()))
    }
    /// The register operand `name` of the marker.
    #[must_use]
    pub fn operand(name: &str) -> Self {
        Self::node(Node::Operand(name.to_owned()))
    }
    /// Writes the register operand `name` of the marker at the end of the fragment.
    pub fn output(self, name: &str) {
        graph::output(name.to_owned(), self.id);
    }

    /// The same for what matters only where another fragment reads it: then the marker need not name it.
    pub(crate) fn pass_on(self, name: &str) {
        graph::pass_on(name.to_owned(), self.id);
    }
    fn binary(self, op: Binary, other: Self, fold: impl Fn(T, T) -> T) -> Self {
        // two literals: the same IEEE operation gives the same bits now as later; a NaN is left to the device
        if let (Some(a), Some(b)) = (self.literal(), other.literal()) {
            let folded = fold(a, b);
            if folded.to_f64().is_finite() {
                return Self::literal_of(folded);
            }
        }
        Self::node(Node::Binary(op, self.id, other.id))
    }
    fn literal(self) -> Option<T> {
        let bits = graph::literal_bits(self.id)?;
        Some(match kind::<T>() {
            Kind::F32 => T::from_f64(f64::from(f32::from_bits(bits as u32))),
            _ => T::from_f64(f64::from_bits(bits)),
        })
    }
    pub(crate) fn literal_of(value: T) -> Self {
        Self::node(Node::Literal(value.to_bits_u64()))
    }
    /// 1.5·2^23 or 1.5·2^52.
    fn magic() -> Self {
        Self::lit(if kind::<T>() == Kind::F32 {
            12_582_912.0
        } else {
            6_755_399_441_055_744.0
        })
    }
    fn compare(self, op: Compare, other: Self) -> TracedMask {
        TracedMask(graph::value(
            Node::Compare(op, self.id, other.id),
            Kind::Predicate,
        ))
    }
}

impl TracedMask {
    pub(crate) fn id(self) -> Id {
        self.0
    }
    /// Writes 1 or 0 to the 32-bit register operand `name` of the marker at the end of the fragment.
    pub fn output(self, name: &str) {
        graph::output(name.to_owned(), self.0);
    }
    fn node(node: Node) -> TracedMask {
        TracedMask(graph::value(node, Kind::Predicate))
    }
}

macro_rules! arithmetic {
    ($($trait:ident $method:ident),*) => {$(
        impl<T: Real> $trait for Traced<T> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.binary(Binary::$trait, other, T::$method)
            }
        }
    )*};
}
arithmetic!(Add add, Sub sub, Mul mul, Div div);

impl<T: Real> Neg for Traced<T> {
    type Output = Self;
    fn neg(self) -> Self {
        match self.literal() {
            Some(value) => Self::literal_of(-value),
            None => Self::node(Node::Unary(Unary::Neg, self.id)),
        }
    }
}

impl<T: Real> Scalar for Traced<T> {
    type Mask = TracedMask;
    type Time = Traced<f64>;
    const SIGNIFICAND_BITS: u32 = T::SIGNIFICAND_BITS;
    fn lit(value: f64) -> Self {
        Self::literal_of(T::from_f64(value))
    }
    fn from_time(time: Traced<f64>) -> Self {
        match (kind::<T>(), time.literal()) {
            (Kind::F64, _) => Self::new(time.id),
            (_, Some(value)) => Self::lit(value),
            _ => Self::node(Node::Unary(Unary::Convert, time.id)),
        }
    }
    fn to_time(self) -> Traced<f64> {
        match (kind::<T>(), self.literal()) {
            (Kind::F64, _) => Traced::new(self.id),
            (_, Some(value)) => Traced::lit(value.to_f64()),
            _ => Traced::node(Node::Unary(Unary::Convert, self.id)),
        }
    }
    fn mul_add(self, factor: Self, term: Self) -> Self {
        Self::node(Node::Fma(self.id, factor.id, term.id))
    }
    fn sqrt(self) -> Self {
        Self::node(Node::Unary(Unary::Sqrt, self.id))
    }
    fn abs(self) -> Self {
        match self.literal() {
            Some(value) => Self::literal_of(Scalar::abs(value)),
            None => Self::node(Node::Unary(Unary::Abs, self.id)),
        }
    }
    fn max(self, other: Self) -> Self {
        self.binary(Binary::Max, other, Scalar::max)
    }
    fn min(self, other: Self) -> Self {
        self.binary(Binary::Min, other, Scalar::min)
    }
    fn lt(self, other: Self) -> TracedMask {
        self.compare(Compare::Lt, other)
    }
    fn le(self, other: Self) -> TracedMask {
        self.compare(Compare::Le, other)
    }
    fn same(self, other: Self) -> TracedMask {
        self.compare(Compare::Eq, other)
    }
    fn select(mask: TracedMask, yes: Self, no: Self) -> Self {
        match graph::truth(mask.0) {
            Some(true) => yes,
            Some(false) => no,
            None if yes.id == no.id => yes,
            None => Self::node(Node::Select(mask.0, yes.id, no.id)),
        }
    }
    fn copysign(self, sign: Self) -> Self {
        if self.id == sign.id {
            return self;
        }
        self.binary(Binary::CopySign, sign, Scalar::copysign)
    }
    fn bit(self, index: u32) -> TracedMask {
        let sum = Self::node(Node::Binary(Binary::Add, self.id, Self::magic().id));
        TracedMask::node(Node::Bit(index, sum.id))
    }
    fn exponent(self) -> Self {
        Self::node(Node::Unary(Unary::Exponent, self.id))
    }
    fn mantissa(self) -> Self {
        Self::node(Node::Unary(Unary::Mantissa, self.id))
    }
    fn exp2i(self) -> Self {
        Self::node(Node::Unary(Unary::Exp2i, self.id))
    }
    fn nearest(self) -> Self {
        let magic = Self::magic();
        // written out, so that the sum of a literal is not folded away into an infinity check
        let sum = Self::node(Node::Binary(Binary::Add, self.id, magic.id));
        Self::node(Node::Binary(Binary::Sub, sum.id, magic.id))
    }
}

impl BitAnd for TracedMask {
    type Output = TracedMask;
    fn bitand(self, other: TracedMask) -> TracedMask {
        match (graph::truth(self.0), graph::truth(other.0)) {
            (Some(true), _) => other,
            (_, Some(true)) => self,
            (Some(false), _) | (_, Some(false)) => TracedMask::splat(false),
            _ => TracedMask::node(Node::And(self.0, other.0)),
        }
    }
}

impl BitOr for TracedMask {
    type Output = TracedMask;
    fn bitor(self, other: TracedMask) -> TracedMask {
        match (graph::truth(self.0), graph::truth(other.0)) {
            (Some(false), _) => other,
            (_, Some(false)) => self,
            (Some(true), _) | (_, Some(true)) => TracedMask::splat(true),
            _ => TracedMask::node(Node::Or(self.0, other.0)),
        }
    }
}

impl Not for TracedMask {
    type Output = TracedMask;
    fn not(self) -> TracedMask {
        match graph::truth(self.0) {
            Some(value) => TracedMask::splat(!value),
            None => TracedMask::node(Node::Not(self.0)),
        }
    }
}

impl Mask for TracedMask {
    fn splat(value: bool) -> TracedMask {
        TracedMask::node(Node::True(value))
    }
    fn any(self) -> bool {
        graph::truth(self.0) != Some(false)
    }
}
