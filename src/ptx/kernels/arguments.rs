//! What the prebuilt kernels of integrators take by value.

use core::fmt;

/// The most states that an unrolled kernel is prebuilt for; [`bake_integrator`](crate::ptx::bake_integrator) takes the
/// looped one for more.
pub const MAX_STATES: usize = 8;

/// The argument structures, written down once. They are passed to the macro `$make`. The one below declares them, the
/// one in `cuda` says how their bytes are divided. `kernels/build` makes `kernels/arguments.h` of these lines, in which
/// `E` is `real`. A field is
/// - `Input<..>` or `Output<..>`: the address of such elements on the device, which kernels read or write;
/// - `u32`, `u64`, `f64` or `E`: a number;
/// - `Each<E>`: [`MAX_STATES`] numbers;
/// - a structure above: in C its fields.
macro_rules! argument_structures {
    ($make:ident) => {
        $make! {
            /// The first fields of both kernels' arguments; addresses are the device's. It has no padding.
            ///
            /// ```
            /// assert_eq!(size_of::<bakelite::ptx::CommonArguments<f64>>(), 192);
            /// assert_eq!(size_of::<bakelite::ptx::CommonArguments<f32>>(), 160);
            /// ```
            struct CommonArguments {
                /// `[state][run]`
                initial: Input<E>,
                /// `[parameter][run]`
                parameters: Input<E>,
                /// `[state][run]`
                last: Output<E>,
                /// `[run]`
                reached: Output<f64>,
                /// `[run]`: 0, or why the run ended early ([`Status`](crate::ode::Status)).
                status: Output<u32>,
                /// `[run]`
                accepted: Output<u32>,
                /// `[run]`
                rejected: Output<u32>,
                /// `[save]`, read by kernels that save.
                save_times: Input<f64>,
                /// `[save][state][run]`, written by kernels that save.
                saved: Output<E>,
                /// How many saves.
                saves: u64,
                /// The start of the span.
                start: f64,
                /// The end of the span.
                end: f64,
                /// The smallest step.
                min_step: f64,
                /// How many runs.
                runs: u64,
                /// Steps tried before a run gives up.
                max_steps: u32,
                /// 1: choose the first step.
                choose_step: u32,
                /// 1: steps end where states are saved.
                stops: u32,
                /// 1: a run that failed keeps its last state.
                keep_last: u32,
                /// The first step, signed, where it is given.
                first_step: E,
                /// The relative tolerance.
                rtol: E,
                /// Beta 1 of the controller, dimensionless.
                beta1: E,
                /// Beta 2 of the controller, dimensionless.
                beta2: E,
                /// Beta 3 of the controller, dimensionless.
                beta3: E,
                /// The factor on every proposed step.
                safety: E,
                /// The smallest ratio of a step to the one before.
                min_factor: E,
                /// The largest ratio of a step to the one before.
                max_factor: E,
            }

            /// By-value argument of the unrolled kernels. It has no padding.
            ///
            /// ```
            /// assert_eq!(size_of::<bakelite::ptx::UnrolledArguments<f64>>(), 192 + 64);
            /// ```
            struct UnrolledArguments {
                /// What the looped kernel takes too.
                common: CommonArguments<E>,
                /// The absolute tolerance of each state, and anything behind them.
                atol: Each<E>,
            }

            /// By-value argument of the looped kernels. It has no padding.
            ///
            /// ```
            /// assert_eq!(size_of::<bakelite::ptx::LoopedArguments<f32>>(), 160 + 16);
            /// ```
            struct LoopedArguments {
                /// What the unrolled kernels take too.
                common: CommonArguments<E>,
                /// The absolute tolerance of each state.
                atol: Input<E>,
                /// States times runs.
                saved_stride: u64,
            }
        }
    };
}
#[cfg(feature = "reference")]
pub(crate) use argument_structures;

/// The type of a field in Rust: addresses are numbers.
macro_rules! field_type {
    (Input<$of:ty>) => { u64 };
    (Output<$of:ty>) => { u64 };
    (Each<$of:ty>) => { [$of; MAX_STATES] };
    ($type:ident $(<$of:ty>)?) => { $type $(<$of>)? };
}
#[cfg(feature = "reference")]
pub(crate) use field_type;

macro_rules! declare {
    ($($(#[$meta:meta])* struct $name:ident {
        $($(#[$about:meta])* $field:ident: $kind:ident $(<$of:ident>)?),+ $(,)?
    })+) => { $(
        $(#[$meta])*
        #[repr(C)]
        pub struct $name<E> {
            $($(#[$about])* pub $field: field_type!($kind $(<$of>)?)),+
        }

        impl<E> $name<E> {
            const HAS_PADDING: bool =
                0 $(+ size_of::<field_type!($kind $(<$of>)?)>())+ != size_of::<Self>();
        }
        // the host copies every byte of it
        const _: () = assert!(!$name::<f64>::HAS_PADDING && !$name::<f32>::HAS_PADDING);

        // no derives: they take no macros as types
        impl<E: Copy> Clone for $name<E> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<E: Copy> Copy for $name<E> {}
        impl<E: fmt::Debug> fmt::Debug for $name<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($field), &self.$field))+.finish()
            }
        }
        impl<E: PartialEq> PartialEq for $name<E> {
            fn eq(&self, other: &Self) -> bool {
                $(self.$field == other.$field)&&+
            }
        }
    )+ };
}
argument_structures!(declare);

#[cfg(test)]
mod tests {
    use super::MAX_STATES;

    type Fields = &'static [(&'static str, &'static str, &'static str)];

    macro_rules! listed {
        ($($(#[$meta:meta])* struct $name:ident {
            $($(#[$about:meta])* $field:ident: $kind:ident $(<$of:ident>)?),+ $(,)?
        })+) => {
            [$((stringify!($name), &[$((
                stringify!($field), stringify!($kind), stringify!($($of)?)
            )),+])),+]
        };
    }
    const LIST: [(&str, Fields); 3] = argument_structures!(listed);

    fn fields(structure: &str) -> Option<Fields> {
        let found = LIST.iter().find(|(name, _)| *name == structure);
        found.map(|(_, fields)| *fields)
    }

    fn in_c(fields: Fields) -> Vec<String> {
        let number = |name| match name {
            "E" => "real",
            "f64" => "double",
            other => other,
        };
        let line = |&(name, kind, of): &(&str, &'static str, &'static str)| match kind {
            "Input" => vec![format!("const {} *{name};", number(of))],
            "Output" => vec![format!("{} *{name};", number(of))],
            "Each" => vec![format!("{} {name}[MAX_STATES];", number(of))],
            _ => match self::fields(kind) {
                Some(nested) => in_c(nested),
                None => vec![format!("{} {name};", number(kind))],
            },
        };
        fields.iter().flat_map(line).collect()
    }

    /// C and Rust have the same structures.
    #[test]
    fn the_header_is_of_the_list() {
        let header = include_str!("../../../kernels/arguments.h");
        let code = header
            .lines()
            .map(|line| line.split("//").next().unwrap().trim());
        let code: Vec<&str> = code.filter(|line| !line.is_empty()).collect();
        let mut expected = vec![format!("enum {{ MAX_STATES = {MAX_STATES} }};")];
        for name in ["UnrolledArguments", "LoopedArguments"] {
            expected.push(format!("struct {name} {{"));
            expected.extend(in_c(fields(name).unwrap()));
            expected.push("};".to_owned());
        }
        assert_eq!(code, expected, "run kernels/build");
        assert_eq!(code.len(), 1 + 2 * 2 + 2 * 26 + 3);
    }
}
