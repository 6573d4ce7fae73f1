//! The macros that users write: `registry!`, `plan!`, `slot!`, `offset!` and `assert_occupancy!`.

/// Declares a component: its buffers, its children, their lives.
///
/// ```
/// use bakelite::{consts::*, layout::{Element, RunLocation, Switch, Times, Wide, child}, prelude::*};
/// registry! {
///     /// Docs of the type.
///     pub struct Newton<N: Extent, E: Element, L: Wide<N>, D: Switch, P: NewtonPlaces = Shared>
///     in newton,                                   // the module of the keys
///     phases [residual, solve, update],            // optional: the phases in order; they repeat
///     barriers [residual],                         // optional: phases that begin with a barrier; see `PerBlock`
///     width N,                                     // optional: `impl Wide<N>`, for the bounds of a parent
///     since Sm80,                                  // optional: the oldest architecture that its code runs on
///     places NewtonPlaces in RunLocation           // optional: the trait of placements that place all buffers `by` one
///     {
///         /// Docs of the key type `newton::delta`.
///         delta: [E; N] by P, during solve..=update;         // `by P`: a placement keyed by buffer
///         residual: [E; N] in Shared, during residual;       // `in Shared`: a location
///         prev_theta: [E; U1] in LocalPersistent;            // no `during`: all of this component's life
///         history: [E; Times<U2, N>] in Local, if D;         // no memory unless `D` is `B1`
///         base: [E; N] in Shared, during update, over residual; // on the bytes of `residual`; lives must not meet
///         state: [E; N] in Shared, keep;                     // survives between calls
///         linear: child L, during solve;                     // the buffers of `L`, under the prefix `linear`
///     }
/// }
/// registry! { pub struct Linear<N: Extent> in linear, width N { temp: [f32; N] in Shared; } }
///
/// plan! { struct Check for Newton<U3, f32, Linear<U3>, B0> = on(Sm90).block(128).sequential(); }
/// assert_eq!(slot!(Check, "linear.temp").len_elements, 3);
/// ```
///
/// A raw identifier stands for the name after `r#`: `r#type` is the buffer `"type"`, with the key `newton::r#type`.
///
/// `places` makes a trait that says where each buffer is: it is implemented for every type that has a location for
/// each, `Places<newton::delta>` and so on, if the registry takes its locations `by P`. With `in` and a trait of
/// locations, each location must be such a one: `in RunLocation` for buffers that every run has its own of. With `+
/// Other`, the trait also asks for the placements `Other`, for example those of a child. Attributes of the trait stand
/// before `places`.
///
/// The clauses of the head (`phases`, `barriers`, `width`, `sums`, `since`, `places`, `where`) and of a field
/// (`during`, `if`, `over`, `keep`) must have this order. A bound is one path; put further bounds into `where`. The
/// clause `sums` implements [`SharedWords`](crate::layout::SharedWords). A component without generics is checked where
/// it is declared. A generic component is checked only when it is planned, so plan a sample of it.
///
/// If two fields have the same name, rustc reports a type that is defined twice (E0428) and a conflicting impl (E0119).
/// Each field *is* a type, so the language finds the mistake before it evaluates any constant.
#[macro_export]
macro_rules! registry {
    ($(#[$m:meta])* $v:vis struct $S:ident $(<$($g:ident $(: $b:path)? $(= $d:ty)?),* $(,)?>)? in $k:ident
     $(, phases [$($ph:ident),+ $(,)?])? $(, barriers [$($barrier:ident),+ $(,)?])? $(, width $width:ty)? $(, sums $(! $sums:tt)?)? $(, since $since:ident)?
     $(, $(#[$places_meta:meta])* places $places:ident $(+ $more:ident)* $(in $at:path)?)? $(where $($wt:ty : $wb:path),+ $(,)?)?
     {$(
        $(#[$pm:meta])* $name:ident : $([$e:ty; $n:ty])? $word:ident $t:ty
        $(, during $($phase:ident)..=+)? $(, if $on:ty)? $(, over $over:ident)? $(, keep $(! $keep:tt)?)?;
     )*}) => {
        $(#[$m])*
        $v struct $S $(<$($g $(= $d)?),*>)? (::core::marker::PhantomData<fn() -> ($($($g,)*)?)>);
        #[allow(
            non_camel_case_types, non_snake_case, dead_code, missing_docs, missing_debug_implementations, missing_copy_implementations,
            reason = "keys are types named like the user's fields, and not every one is used"
        )]
        #[doc = ::core::concat!("Keys of the buffers and children of [`", ::core::stringify!($S), "`].")]
        $v mod $k {
            $(#[derive(::core::clone::Clone, ::core::marker::Copy)] pub enum Phase { $($ph),+ })?
            $($(#[$pm])* pub struct $name;)*
        }
        $crate::__registry! {
            @component {$($($g $(: $b)?),*)?} {$S $(<$($g),*>)?} {$($($wt : $wb),+)?} $S $k [$($($ph)+)?] [$($($barrier)+)?] [$($since)?]
            $({$name {$($e, $n)?} {$word $t} {$($($phase)+)?} {$($on)?} {$($over)?} {$(keep $($keep)?)?}})*
        }
        $crate::__registry! {
            @places
            $({
                #[doc = ::core::concat!("A placement that says where [`", ::core::stringify!($S), "`] live.")]
                $(#[$places_meta])* $v trait $places:
            } {$($more +)*} $places {$($at)?})? $k
            $({$name $word {$t}})*
        }
        $crate::__registry! { @width {$($width)?} {$($($g $(: $b)?),*)?} {$S $(<$($g),*>)?} {$($($wt : $wb),+)?} }
        $crate::__registry! {
            @sums
            {$(sums $($sums)?)?} {$($($g $(: $b)?),*)?} {$S $(<$($g),*>)?} {$($($wt : $wb),+)?}
            $({$k $name {$($n)?} {$word $t}})*
        }
    };
}

// All that `registry!` expands to, in one macro, so that one name of it is at the crate's root. The tag after `@` says
// which part.
#[doc(hidden)]
#[macro_export]
macro_rules! __registry {
    // The generics are passed on as one `{..}` each, because a repetition of generics cannot be used inside the
    // repetition of parts.
    (@component {$($g:tt)*} {$($s:tt)*} {$($w:tt)*} $S:ident $k:ident [$($ph:ident)*] [$($barrier:ident)*] [$($since:ident)?] $({$name:ident $shape:tt $at:tt $live:tt $on:tt $over:tt $keep:tt})*) => {
        impl<$($g)*> $crate::layout::Registry for $($s)* where $($w)* {
            const NODE: &'static $crate::layout::Node<'static> = &$crate::layout::Node::group(
                $crate::layout::hidden::word(::core::stringify!($S)),
                &[$($crate::layout::hidden::word(::core::stringify!($ph))),*],
                &[$($crate::__registry!(@part $k $name $shape $at $live $on $over $keep)),*],
            ).barriers(&[$($k::Phase::$barrier as _),*])$(.since($crate::layout::Arch::$since))?;
            const CHECKED: ::core::primitive::bool = ::core::stringify!($($g)*).is_empty();
        }
        $crate::__registry! { @declared {$($g)*} $S }
        $crate::__registry! { @keys {$($g)*} {$($s)*} {$($w)*} $k $({$name $shape $at})* }
    };

    (@part $k:ident $name:ident {} {child $c:ty} $live:tt $on:tt {} $keep:tt) => {
        $crate::__registry!(@part $k {$crate::layout::child::<$c>($crate::layout::hidden::word(::core::stringify!($name)))} $live $on {} $keep)
    };
    (@part $k:ident $name:ident {$e:ty, $n:ty} {in $l:ty} $live:tt $on:tt $over:tt $keep:tt) => {
        $crate::__registry!(@part $k {$crate::layout::hidden::own::<Self, $k::$name, $l>(::core::stringify!($name))} $live $on $over $keep)
    };
    (@part $k:ident $name:ident {$e:ty, $n:ty} {by $p:ty} $live:tt $on:tt $over:tt $keep:tt) => {
        $crate::__registry!(@part $k {$crate::layout::hidden::own::<Self, $k::$name, <$p as $crate::layout::Places<$k::$name>>::At>(::core::stringify!($name))} $live $on $over $keep)
    };
    (@part $k:ident {$part:expr} {$($a:ident $($z:ident)?)?} {$($on:ty)?} {$($over:ident)?} {$($keep:ident)?}) => {
        $part
        $(.live($k::Phase::$a as _..=$crate::layout::hidden::last([$k::Phase::$a as _ $(, $k::Phase::$z as _)?])))?
        $(.when::<$on>())?
        $(.over($crate::layout::hidden::word(::core::stringify!($over))))?
        $(.$keep())?
    };

    (@key {$($g:tt)*} {$($s:tt)*} {$($w:tt)*} $k:ident $name:ident {} {child $c:ty}) => {
        impl<$($g)*> $crate::layout::Hosts<$k::$name> for $($s)* where $($w)* {
            type Child = $c;
            const PART: ::core::primitive::usize = $crate::layout::hidden::position(<Self as $crate::layout::Registry>::NODE, ::core::stringify!($name));
        }
    };
    (@key {$($g:tt)*} {$($s:tt)*} {$($w:tt)*} $k:ident $name:ident {$e:ty, $n:ty} {$by:ident $l:ty}) => {
        impl<$($g)*> $crate::layout::Has<$k::$name> for $($s)* where $($w)* {
            type Element = $e;
            type Len = $n;
            const PART: ::core::primitive::usize = $crate::layout::hidden::position(<Self as $crate::layout::Registry>::NODE, ::core::stringify!($name));
        }
    };

    (@keys $g:tt $s:tt $w:tt $k:ident $({$name:ident $shape:tt $at:tt})*) => { $($crate::__registry! { @key $g $s $w $k $name $shape $at })* };

    // Takes eight parts at a time, so that the recursion stays below the default limit for a thousand parts.
    (@words) => { () };
    (@words $a:tt $b:tt $c:tt $d:tt $e:tt $f:tt $g:tt $h:tt $($rest:tt)*) => {
        (
            (
                (($crate::__registry!(@word $a), $crate::__registry!(@word $b)), ($crate::__registry!(@word $c), $crate::__registry!(@word $d))),
                (($crate::__registry!(@word $e), $crate::__registry!(@word $f)), ($crate::__registry!(@word $g), $crate::__registry!(@word $h))),
            ),
            $crate::__registry!(@words $($rest)*),
        )
    };
    (@words $a:tt $($rest:tt)*) => { ($crate::__registry!(@word $a), $crate::__registry!(@words $($rest)*)) };

    (@word {$k:ident $name:ident {} {child $c:ty}}) => { $c };
    (@word {$k:ident $name:ident {$n:ty} {$by:ident $l:ty}}) => { $crate::layout::BufferWords<$n, $crate::__registry!(@location $by $l, $k::$name)> };

    (@location in $l:ty, $key:ty) => {
        $l
    };
    (@location by $p:ty, $key:ty) => {
        <$p as $crate::layout::Places<$key>>::At
    };

    // Without generics there is one tree. It is checked here, whether or not it is planned.
    (@declared {} $S:ident) => {
        const _: () = $crate::layout::hidden::declared(<$S as $crate::layout::Registry>::NODE);
    };
    (@declared $g:tt $S:ident) => {};

    // A trait with one bound for each part that is placed `by` something, and its implementation. The mark drives the
    // repetition of those.
    (@places $k:ident $($part:tt)*) => {};
    (@places $head:tt $more:tt $places:ident {} $k:ident $($part:tt)*) => {
        $crate::__registry! { @places $head $more $places {$crate::layout::Location} $k $($part)* }
    };
    (@places {$($head:tt)*} {$($more:tt)*} $places:ident {$at:path} $k:ident
     $({$name:ident $(by $(! $mark:tt)? {$by:ty})? $(in {$in:ty})? $(child {$child:ty})?})*) => {
        $($head)* $($more)* $($($crate::layout::Places<$k::$name, At: $at $($mark)?> +)?)* {}
        impl<BakelitePlacement: $($more)* $($($crate::layout::Places<$k::$name, At: $at $($mark)?> +)?)*> $places for BakelitePlacement {}
    };

    (@width {} $($t:tt)*) => {};
    (@width {$n:ty} {$($g:tt)*} {$($s:tt)*} {$($w:tt)*}) => { impl<$($g)*> $crate::layout::Wide<$n> for $($s)* where $($w)* {} };

    // Users ask for this, because its `where` line says that the sum exists, which is false for lengths that are not
    // `typenum` numbers.
    (@sums {} $($t:tt)*) => {};
    (@sums {sums} {$($g:tt)*} {$($s:tt)*} {$($w:tt)*} $($part:tt)*) => {
        impl<$($g)*> $crate::layout::SharedWords for $($s)* where $crate::__registry!(@words $($part)*): $crate::layout::SharedWords, $($w)* {
            type Words = <$crate::__registry!(@words $($part)*) as $crate::layout::SharedWords>::Words;
        }
    };
}

/// Makes a plan of a registry as a type. Its constant `PLAN` is for code that knows the names;
/// [`Planned`](crate::layout::Planned) and [`Placed`](crate::layout::Placed) are for generic code.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! {
///     /// Docs of the type.
///     pub struct Small for Pair = on(Sm90).block(128).sequential();
/// }
/// const B: usize = offset!(Small, "b");
/// assert_eq!(B, 16);
/// ```
///
/// The chain after `=` is that of [`on`](crate::layout::on), with the names of [`Arch`](crate::layout::Arch) in scope.
/// A fault is one compile error, at this chain.
#[macro_export]
macro_rules! plan {
    ($(#[$m:meta])* $v:vis struct $name:ident for $r:ty = $call:expr;) => {
        $(#[$m])*
        $v struct $name;
        const _: () = {
            const BAKELITE_ROOT: &$crate::layout::Node<'static> = $crate::layout::hidden::root::<$name>();
            #[allow(unused_imports, reason = "a plan of a registry does not need it")]
            use $crate::layout::hidden::NoLengths as _;
            type BakeliteLengths = $crate::layout::hidden::Lengths<$name, <$name as $crate::layout::Planned>::Root>;
            // One type for both uses, so that a wrong registry gives no second error about two counts that differ. The
            // user's tokens can see the items here, hence their long names.
            type BakelitePlan = $crate::layout::Plan<{ BakeliteLengths::SLOTS }>;
            #[allow(
                long_running_const_eval,
                reason = "a plan of a thousand buffers takes longer than this lint allows"
            )]
            const BAKELITE_PLAN: (BakelitePlan, ::core::option::Option<$crate::layout::Fault>) = $crate::layout::hidden::make(
                {
                    #[allow(unused_imports, reason = "the user's chain may use other names")]
                    use $crate::layout::{Arch::*, on};
                    $call
                },
                BAKELITE_ROOT,
            );
            // The same chain a second time, with methods of which the last panics with the fault. The caller of that
            // method is the user's own text, and so the error points there.
            #[allow(dead_code, reason = "the user's chain calls only some of these methods")]
            const _: () = {
                struct BakeliteOn;
                const fn on(_: $crate::layout::Arch) -> BakeliteOn {
                    BakeliteOn
                }
                impl BakeliteOn {
                    const fn block(self, _: ::core::primitive::usize) -> BakeliteOn {
                        BakeliteOn
                    }
                    const fn contiguous(self) -> BakeliteOn {
                        BakeliteOn
                    }
                    const fn pinned(self, _: &[(&::core::primitive::str, ::core::primitive::usize)]) -> BakeliteOn {
                        BakeliteOn
                    }
                    #[track_caller]
                    const fn sequential(self) {
                        $crate::layout::hidden::report::<$name>(&BAKELITE_PLAN.1)
                    }
                    #[track_caller]
                    const fn packed(self) {
                        $crate::layout::hidden::report::<$name>(&BAKELITE_PLAN.1)
                    }
                    #[track_caller]
                    const fn packed_within(self, _: ::core::primitive::u32) {
                        $crate::layout::hidden::report::<$name>(&BAKELITE_PLAN.1)
                    }
                    #[track_caller]
                    const fn offsets(self, _: &[::core::primitive::usize]) {
                        $crate::layout::hidden::report::<$name>(&BAKELITE_PLAN.1)
                    }
                }
                {
                    #[allow(unused_imports, reason = "the user's chain may use other names")]
                    use $crate::layout::Arch::*;
                    $call
                }
            };
            const BAKELITE_UNIT: ::core::primitive::usize = $crate::layout::hidden::unit_bytes(&BAKELITE_PLAN.0.slots);
            #[allow(dead_code, reason = "a plan may be used through its traits alone")]
            impl $name {
                /// The plan, for code that knows the names of its buffers.
                $v const PLAN: &'static BakelitePlan = &BAKELITE_PLAN.0;
            }
            impl $crate::layout::Planned for $name {
                type Root = $r;
                const SLOTS: &'static [$crate::layout::Slot] = &BAKELITE_PLAN.0.slots;
                const SHARED: $crate::layout::Total = BAKELITE_PLAN.0.shared;
                const LOCAL: $crate::layout::Total = BAKELITE_PLAN.0.local;
                const PERSISTENT: $crate::layout::Total = BAKELITE_PLAN.0.persistent;
                const SHARED_PER_BLOCK: $crate::layout::Total = BAKELITE_PLAN.0.shared_per_block;
                const LAUNCH: $crate::layout::LaunchPlan = BAKELITE_PLAN.0.launch;
                const VIEW: $crate::layout::PlanView<'static> = BAKELITE_PLAN.0.view();
                const UNIT_BYTES: ::core::primitive::usize = BAKELITE_UNIT;
                type SharedArena<T: ::core::marker::Copy> = [T; BakeliteLengths::SHARED];
                type LocalArena<T: ::core::marker::Copy> = [T; BakeliteLengths::LOCAL];
                type PersistentArena<T: ::core::marker::Copy> = [T; BakeliteLengths::PERSISTENT];
                fn shared_arena<T: ::core::marker::Copy>(bakelite_fill: T) -> Self::SharedArena<T> {
                    $crate::layout::hidden::filled(bakelite_fill)
                }
                fn local_arena<T: ::core::marker::Copy>(bakelite_fill: T) -> Self::LocalArena<T> {
                    $crate::layout::hidden::filled(bakelite_fill)
                }
                fn persistent_arena<T: ::core::marker::Copy>(bakelite_fill: T) -> Self::PersistentArena<T> {
                    $crate::layout::hidden::filled(bakelite_fill)
                }
            }
        };
    };
}

/// The buffer of a plan with this full name, as a constant `&'static Slot`. An unknown or disabled name is an error of
/// `cargo check` at this line, with the names that are most similar.
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
/// assert_eq!(slot!(P, "b").len_elements, 1);
/// let b = P::PLAN.launch.addressing(slot!(P, "b"));
/// assert_eq!(b.base_bytes, 512);
/// ```
///
/// The name must be a constant, too. If the name is known only at run time, use
/// [`PlanView::get`](crate::layout::PlanView::get), which gives the same error as a value. No look-up panics at run
/// time. Code that is generic over its plan uses [`Placed`](crate::layout::Placed).
#[macro_export]
macro_rules! slot {
    ($plan:ty, $name:expr $(,)?) => {{
        // This is an item, because rustc evaluates an item even in a function that is not compiled yet.
        const BAKELITE_SLOT: &$crate::layout::Slot = $crate::layout::hidden::slot::<$plan>($name);
        BAKELITE_SLOT
    }};
}

/// The offset of the first byte of the buffer of a plan with this full name, as a constant `usize`. An unknown or
/// disabled name is an error of `cargo check` at this line, with the names that are most similar. For everything else
/// about a buffer, see [`slot!`](crate::slot).
///
/// ```
/// use bakelite::{consts::*, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
/// const B: usize = offset!(P, "b");
/// assert_eq!((B, offset!(P, "a")), (16, 0));
/// ```
///
/// A typing error, in a function that nobody calls:
///
/// ```compile_fail,E0080
/// # use bakelite::{consts::*, prelude::*};
/// # registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// # plan! { struct P for Pair = on(Sm90).block(32).sequential(); }
/// fn nobody() -> usize { offset!(P, "c") }
/// ```
#[macro_export]
macro_rules! offset {
    ($plan:ty, $name:expr $(,)?) => {
        $crate::slot!($plan, $name).offset_bytes
    };
}

/// Checks in a constant that enough blocks or warps of a plan are resident on one SM of its target. If not, it is one
/// compile error at this line. The error gives the numbers, the resource that sets the limit, and the remedy.
///
/// ```
/// use bakelite::{assert_occupancy, consts::*, prelude::*};
/// registry! { pub struct Pair in pair { a: [f32; U3] in Shared; b: [f64; U1] in Shared; } }
/// plan! { struct P for Pair = on(Sm90).block(128).sequential(); }
/// assert_occupancy!(P: blocks_per_sm >= 4, registers = 128);
/// assert_occupancy!(P: warps_per_sm >= 48, registers = estimated);
/// ```
///
/// `registers` is the number for one thread. Give the number that `ptxas -v` prints, or `estimated` for the estimate of
/// an unrolled kernel ([`PlanView::registers`](crate::layout::PlanView::registers)), or 0 if registers do not matter.
/// [`PlanView::require`](crate::layout::PlanView::require) makes the same check and returns a value.
#[macro_export]
macro_rules! assert_occupancy {
    ($plan:ty: $what:ident >= $n:expr, registers = estimated $(,)?) => {
        $crate::assert_occupancy!($plan: $what >= $n, registers = <$plan as $crate::layout::Planned>::VIEW.registers().per_thread());
    };
    ($plan:ty: blocks_per_sm >= $n:expr, registers = $registers:expr $(,)?) => {
        const _: () = $crate::layout::hidden::assert_occupancy::<$plan>($crate::layout::Occupied::BlocksPerSm($n), $registers);
    };
    ($plan:ty: warps_per_sm >= $n:expr, registers = $registers:expr $(,)?) => {
        const _: () = $crate::layout::hidden::assert_occupancy::<$plan>($crate::layout::Occupied::WarpsPerSm($n), $registers);
    };
}
