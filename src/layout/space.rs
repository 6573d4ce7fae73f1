use typenum::{UTerm, Unsigned};

use super::{Code, Fault, text};

/// Where a buffer lives.
///
/// ```
/// use bakelite::Space;
/// assert_eq!(Space::from_name("local_persistent").unwrap(), Space::LocalPersistent);
/// assert_eq!(Space::Shared.name(), "shared");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Shared memory of the block.
    Shared,
    /// Local memory of the thread, dead between calls.
    Local,
    /// Local memory of the thread whose contents survive between calls.
    LocalPersistent,
}

impl Space {
    /// All three, in the order of [`PlanView::totals`](super::PlanView::totals).
    pub const ALL: [Space; 3] = [Space::Shared, Space::Local, Space::LocalPersistent];

    /// The name in messages and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Space::Shared => "shared",
            Space::Local => "local",
            Space::LocalPersistent => "local_persistent",
        }
    }

    /// The space with this name, or the fault that lists the names.
    ///
    /// ```
    /// # use bakelite::Space;
    /// assert!(Space::from_name("global").is_err());
    /// ```
    pub const fn from_name(name: &str) -> Result<Space, Fault> {
        let mut i = 0;
        while i < 3 {
            if text::eq(Space::ALL[i].name(), name) {
                return Ok(Space::ALL[i]);
            }
            i += 1;
        }
        let mut f = Fault::new(Code::UnknownSpace);
        f.text
            .put("`")
            .put(name)
            .put("` is no location\n  help: one of `shared`, `local`, `local_persistent`");
        Err(f)
    }

    /// Equality, as a constant function.
    pub(super) const fn is(self, other: Space) -> bool {
        self as u8 == other as u8
    }
}

/// A location as a type: [`Shared`], [`Local`], [`LocalPersistent`].
///
/// ```
/// use bakelite::{Location, Shared, Space};
/// assert_eq!(Shared::SPACE, Space::Shared);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a location",
    label = "expected `Shared`, `Local` or `LocalPersistent`",
    note = "a type that places each buffer by itself is a placement: write `by {Self}` instead of `in {Self}`"
)]
pub trait Location {
    /// The same as a value.
    const SPACE: Space;
    /// `N` where the location is shared memory, else 0; see [`SharedWords`](super::SharedWords).
    type SharedPart<N: Unsigned>: Unsigned;
}

/// Shared memory of the block; see [`Location`].
pub struct Shared;
/// Local memory of the thread; see [`Location`].
pub struct Local;
/// Local memory that survives between calls; see [`Location`].
pub struct LocalPersistent;

impl Location for Shared {
    const SPACE: Space = Space::Shared;
    type SharedPart<N: Unsigned> = N;
}

impl Location for Local {
    const SPACE: Space = Space::Local;
    type SharedPart<N: Unsigned> = UTerm;
}

impl Location for LocalPersistent {
    const SPACE: Space = Space::LocalPersistent;
    type SharedPart<N: Unsigned> = UTerm;
}

/// Where the buffer with key `K` lives. A placement is one type for a whole component; a location is the placement that
/// puts all buffers there.
///
/// ```
/// use bakelite::{consts::*, *};
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
    label = "expected `Shared`, `Local`, `LocalPersistent` or a placement",
    note = "a placement is a type with one `impl Places<{K}> for {Self} {{ type At = Shared; }}` per buffer"
)]
pub trait Places<K> {
    /// Its location.
    type At: Location;
}

impl<K> Places<K> for Shared {
    type At = Shared;
}

impl<K> Places<K> for Local {
    type At = Local;
}

impl<K> Places<K> for LocalPersistent {
    type At = LocalPersistent;
}
