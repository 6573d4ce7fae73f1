//! Spaces, locations and placements: in which memory a buffer is.

use core::marker::PhantomData;
use typenum::{UTerm, Unsigned};

use crate::layout::{Code, Fault, text};

/// The number of spaces.
pub(in crate::layout) const SPACES: usize = 4;

/// The memory that a buffer is in.
///
/// ```
/// use bakelite::layout::Space;
/// assert_eq!(Space::from_name("local_persistent").unwrap(), Space::LocalPersistent);
/// assert_eq!(Space::Shared.name(), "shared");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Shared memory of the block; each run has its own part of it.
    Shared,
    /// Local memory of the thread. Its contents are lost between calls.
    Local,
    /// Local memory of the thread. Its contents survive between calls.
    LocalPersistent,
    /// Shared memory of the block that all its runs have in common.
    SharedPerBlock,
}

impl Space {
    /// All spaces, in the order of [`PlanView::totals`](crate::layout::PlanView::totals).
    pub const ALL: [Space; SPACES] = [
        Space::Shared,
        Space::Local,
        Space::LocalPersistent,
        Space::SharedPerBlock,
    ];

    /// The name in messages and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Space::Shared => "shared",
            Space::Local => "local",
            Space::LocalPersistent => "local_persistent",
            Space::SharedPerBlock => "shared_per_block",
        }
    }

    /// The space with this name.
    ///
    /// ```
    /// # use bakelite::layout::Space;
    /// assert!(Space::from_name("global").is_err());
    /// ```
    ///
    /// # Errors
    /// [`Code::UnknownSpace`] if no space has this name; the text lists the names.
    pub const fn from_name(name: &str) -> Result<Space, Fault> {
        let mut i = 0;
        while i < SPACES {
            if text::eq(Space::ALL[i].name(), name) {
                return Ok(Space::ALL[i]);
            }
            i += 1;
        }
        let mut f = Fault::new(Code::UnknownSpace);
        f.text
            .put("`")
            .name(name)
            .put("` is no location\n  help: one of `shared`, `local`, `local_persistent`, `shared_per_block`");
        Err(f)
    }

    /// Equality, as a function that constants can call.
    pub(in crate::layout) const fn is(self, other: Space) -> bool {
        self as u8 == other as u8
    }
}

/// A location as a type: [`Shared`], [`Local`] or [`LocalPersistent`]; or [`Auto`](crate::layout::Auto), where a rule
/// chooses.
///
/// ```
/// use bakelite::layout::{Location, PerBlock, Shared, Space};
/// assert_eq!(<Shared>::SPACE, Space::Shared);
/// assert_eq!(<Shared<PerBlock>>::SPACE, Space::SharedPerBlock);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a location",
    label = "expected `Shared`, `Local`, `LocalPersistent` or `Auto`",
    note = "a type that places each buffer by itself is a placement: write `by {Self}` instead of `in {Self}`"
)]
pub trait Location {
    /// The location as a value.
    const SPACE: Space;
    /// Whether a rule chooses between `SPACE` and shared memory; see [`Auto`](crate::layout::Auto).
    const AUTO: bool = false;
    /// `N` if the buffer of a run may be in shared memory, else 0; see [`SharedWords`](crate::layout::SharedWords).
    type SharedPart<N: Unsigned>: Unsigned;
}

/// Who owns a buffer in shared memory, as a type: each run ([`PerRun`]) or the block ([`PerBlock`]).
///
/// ```
/// use bakelite::{consts::*, layout::{PerRun, Scope}, prelude::*};
/// registry! { pub struct Tile<N: Extent, S: Scope> in tile { values: [f32; N] in Shared<S>; } }
/// plan! { struct Own for Tile<U64, PerRun> = on(Sm90).block(32).sequential(); }
/// plan! { struct Common for Tile<U64, PerBlock> = on(Sm90).block(32).sequential(); }
/// assert_eq!((Own::PLAN.launch.dynamic_shared_bytes, Common::PLAN.launch.dynamic_shared_bytes), (8192, 256));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope of shared memory",
    label = "expected `PerRun` or `PerBlock`"
)]
pub trait Scope {
    /// The space of a buffer with this scope.
    const SPACE: Space;
    /// `N` for [`PerRun`], else 0.
    type PerRunPart<N: Unsigned>: Unsigned;
}

/// Each run has its own copy of the buffer; see [`Scope`].
pub struct PerRun;
/// All runs of a block use one buffer together; see [`Scope`].
///
/// The buffer is counted once per block. Lanes of a block are in different phases. So two such buffers may share bytes
/// only if all lanes have met at a barrier between their uses. A phase that the clause `barriers` of the
/// [`registry!`](crate::registry) names begins with a barrier. The life of a buffer per block lasts from the barrier
/// before it to the barrier after it. Phases repeat: unless the first phase begins with a barrier, everything before
/// the first barrier and everything after the last one count as one stretch.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! {
///     pub struct Product<N: Extent> in product, phases [load, multiply, reduce], barriers [load, reduce] {
///         tile: [f32; N] in Shared<PerBlock>, during load;
///         factor: [f32; N] in Shared<PerBlock>, during multiply;
///         sums: [f32; N] in Shared<PerBlock>, during reduce;
///     }
/// }
/// plan! { struct P for Product<U256> = on(Sm90).block(64).packed(); }
/// // no barrier between `load` and `multiply`: some lanes still read the tile when others write the factor
/// let [tile, factor, sums] = ["tile", "factor", "sums"].map(|name| P::VIEW.get(name).unwrap().offset_bytes);
/// assert_ne!(tile, factor);
/// assert_eq!(sums, tile.min(factor));
/// assert_eq!(P::PLAN.shared_per_block.bytes, 2048);
/// ```
pub struct PerBlock;

impl Scope for PerRun {
    const SPACE: Space = Space::Shared;
    type PerRunPart<N: Unsigned> = N;
}

impl Scope for PerBlock {
    const SPACE: Space = Space::SharedPerBlock;
    type PerRunPart<N: Unsigned> = UTerm;
}

/// A location where each run has its own part: any except `Shared<PerBlock>`. The buffers of an integrator need such a
/// location.
///
/// ```
/// fn own<L: bakelite::layout::RunLocation>() {}
/// own::<bakelite::layout::Shared>();
/// own::<bakelite::layout::Auto>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no location of one run's own",
    label = "expected `Shared`, `Local`, `LocalPersistent` or `Auto`",
    note = "the runs of a block would write to one buffer"
)]
pub trait RunLocation: Location {}
impl RunLocation for Shared<PerRun> {}
impl RunLocation for Local {}
impl RunLocation for LocalPersistent {}

/// Shared memory of the block, of scope `S`; see [`Location`].
pub struct Shared<S = PerRun>(PhantomData<fn() -> S>);
/// Local memory of the thread; see [`Location`].
pub struct Local;
/// Local memory that survives between calls; see [`Location`].
pub struct LocalPersistent;

impl<S: Scope> Location for Shared<S> {
    const SPACE: Space = S::SPACE;
    type SharedPart<N: Unsigned> = S::PerRunPart<N>;
}

impl Location for Local {
    const SPACE: Space = Space::Local;
    type SharedPart<N: Unsigned> = UTerm;
}

impl Location for LocalPersistent {
    const SPACE: Space = Space::LocalPersistent;
    type SharedPart<N: Unsigned> = UTerm;
}

/// Where the buffer with key `K` is. A placement is one type for a whole component. Every location is also a placement:
/// it puts all buffers into that location.
///
/// ```
/// use bakelite::{consts::*, layout::Places, prelude::*};
/// registry! { pub struct Pair<N: Extent, P: PairPlaces> in pair { a: [f32; N] by P; b: [f32; N] by P; } }
/// pub trait PairPlaces: Places<pair::a> + Places<pair::b> {}
/// impl<P: Places<pair::a> + Places<pair::b>> PairPlaces for P {}
///
/// struct Mixed;
/// impl Places<pair::a> for Mixed { type At = Shared; }
/// impl Places<pair::b> for Mixed { type At = Local; }
/// plan! { struct Check for Pair<U3, Mixed> = on(Sm90).block(32).sequential(); }
/// assert_eq!((Check::PLAN.shared.bytes, Check::PLAN.local.bytes), (12, 12));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say where buffer `{K}` lives",
    label = "expected `Shared`, `Local`, `LocalPersistent`, `Auto` or a placement",
    note = "a placement is a type with one `impl Places<{K}> for {Self} {{ type At = Shared; }}` per buffer"
)]
pub trait Places<K> {
    /// The location of this buffer.
    type At: Location;
}

impl<K, S: Scope> Places<K> for Shared<S> {
    type At = Shared<S>;
}

impl<K> Places<K> for Local {
    type At = Local;
}

impl<K> Places<K> for LocalPersistent {
    type At = LocalPersistent;
}
