//! Counts the instructions of a launch by class.
use crate::code::float::Float;
use crate::code::half::Half;
use crate::code::kernel::{Code, Rare, Space, Term, Ty};
use crate::run::notes::{Note, Notes};
use std::fmt;

/// Kinds of instructions.
///
/// ```
/// use bakelite_device::Class;
/// assert_eq!(Class::SharedLoad.name(), "shared loads");
/// assert_eq!(Class::ALL.len(), 21);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Class {
    /// Arithmetic, comparisons and logic of integers, and logic of predicates.
    Integer,
    /// Arithmetic and comparisons of `f32`.
    F32,
    /// Arithmetic and comparisons of `f64`.
    F64,
    /// Arithmetic and comparisons of `f16` and `bf16`, one or two at a time.
    F16,
    /// `cvt`.
    Conversion,
    /// `mov` and `selp`, unless folding removed them.
    Move,
    /// Loads of parameters.
    ParamLoad,
    /// Loads of global memory.
    GlobalLoad,
    /// Stores to global memory.
    GlobalStore,
    /// Loads of shared memory.
    SharedLoad,
    /// Stores to shared memory.
    SharedStore,
    /// Loads of local memory, which also holds arguments of calls.
    LocalLoad,
    /// Stores to local memory.
    LocalStore,
    /// Loads of constant memory.
    ConstLoad,
    /// Loads with a generic address.
    GenericLoad,
    /// Stores with a generic address.
    GenericStore,
    /// `atom` and `red`.
    Atomic,
    /// `shfl`, `vote`, `activemask`, `bar.warp.sync`.
    Warp,
    /// Barriers of the block.
    Barrier,
    /// `membar` and `fence`.
    Fence,
    /// Branches and returns.
    Control,
}

impl Class {
    /// All classes, in the order of [`Profile::classes`].
    pub const ALL: [Class; 21] = [
        Class::Integer,
        Class::F32,
        Class::F64,
        Class::F16,
        Class::Conversion,
        Class::Move,
        Class::ParamLoad,
        Class::GlobalLoad,
        Class::GlobalStore,
        Class::SharedLoad,
        Class::SharedStore,
        Class::LocalLoad,
        Class::LocalStore,
        Class::ConstLoad,
        Class::GenericLoad,
        Class::GenericStore,
        Class::Atomic,
        Class::Warp,
        Class::Barrier,
        Class::Fence,
        Class::Control,
    ];

    /// Marks operations that belong to an instruction which is already counted.
    pub(crate) const NONE: u8 = 31;

    /// The name in words, such as `shared loads`.
    pub fn name(self) -> &'static str {
        match self {
            Class::Integer => "integer",
            Class::F32 => "f32",
            Class::F64 => "f64",
            Class::F16 => "f16 and bf16",
            Class::Conversion => "conversions",
            Class::Move => "moves",
            Class::ParamLoad => "parameter loads",
            Class::GlobalLoad => "global loads",
            Class::GlobalStore => "global stores",
            Class::SharedLoad => "shared loads",
            Class::SharedStore => "shared stores",
            Class::LocalLoad => "local loads",
            Class::LocalStore => "local stores",
            Class::ConstLoad => "constant loads",
            Class::GenericLoad => "generic loads",
            Class::GenericStore => "generic stores",
            Class::Atomic => "atomic operations",
            Class::Warp => "warp exchanges",
            Class::Barrier => "barriers",
            Class::Fence => "fences",
            Class::Control => "branches and returns",
        }
    }

    /// Class of an operation. `None`: it is part of another one.
    pub(crate) fn of(code: Code) -> Option<Class> {
        let number = |ty: Ty| match ty {
            Ty::F32 => Class::F32,
            Ty::F64 => Class::F64,
            _ => Class::Integer,
        };
        Some(match code {
            Code::Mov | Code::PMov | Code::Sel => Class::Move,
            Code::Cvt(..) | Code::Rare(Rare::CvtRounded(..)) => Class::Conversion,
            Code::Rare(Rare::Float(Float::Flush | Float::Saturate(_))) => return None,
            Code::Rare(Rare::Float(Float::Clamp(..))) => Class::Conversion,
            Code::Rare(Rare::Float(Float::Rsqrt(ty) | Float::CopySign(ty))) => number(ty),
            Code::Rare(Rare::Float(Float::GrossRcp | Float::GrossRsqrt)) => Class::F64,
            Code::Rare(Rare::Float(_)) => Class::F32,
            Code::Rare(Rare::Half(Half::Compute { .. })) => Class::F16,
            Code::Rare(Rare::Half(_)) => Class::Conversion,
            Code::Rare(Rare::Rounded(_, ty, _)) => number(ty),
            Code::Add(ty) | Code::Sub(ty) | Code::Mul(ty) | Code::Fma(ty) => number(ty),
            Code::Div(ty) | Code::Sqrt(ty) | Code::Rcp(ty) => number(ty),
            Code::Neg(ty) | Code::Abs(ty) | Code::Max(ty) | Code::Min(ty) => number(ty),
            Code::Setp(_, ty) => number(ty),
            Code::Ld(space, _) => match space {
                Space::Global => Class::GlobalLoad,
                Space::Shared => Class::SharedLoad,
                Space::Param => Class::ParamLoad,
                Space::Local => Class::LocalLoad,
                Space::Const => Class::ConstLoad,
                Space::Generic => Class::GenericLoad,
            },
            Code::St(space, _) => match space {
                Space::Global => Class::GlobalStore,
                Space::Shared => Class::SharedStore,
                Space::Generic => Class::GenericStore,
                Space::Local | Space::Param | Space::Const => Class::LocalStore,
            },
            Code::Atom(..) => Class::Atomic,
            Code::Shfl(_) | Code::Vote(_) | Code::Ballot => Class::Warp,
            Code::WarpSync | Code::Active | Code::Reduce(_) | Code::Match { .. } => Class::Warp,
            Code::Clock => Class::Move,
            Code::Print | Code::Assert => Class::Control,
            Code::Fence => Class::Fence,
            Code::Trap => Class::Control,
            Code::Arrive(false) => Class::Barrier,
            Code::Arrive(true) => return None,
            Code::Gather | Code::Contribute | Code::Collect(_) => return None,
            _ => Class::Integer,
        })
    }

    /// Class of the end of a block. `None`: it is no instruction.
    pub(crate) fn of_end(term: &Term) -> Option<Class> {
        match term {
            Term::Fall => None,
            Term::Barrier { .. } => Some(Class::Barrier),
            Term::Jump(_) | Term::Branch { .. } | Term::Ret => Some(Class::Control),
        }
    }
}

/// How often something was executed.
///
/// ```
/// assert_eq!(bakelite_device::Count::default().lanes, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Executions by warps.
    pub warps: u64,
    /// Executions by single lanes: up to 32 times as many.
    pub lanes: u64,
}

impl Count {
    #[inline(always)]
    pub(crate) fn add(&mut self, lanes: u32) {
        self.warps += 1;
        self.lanes += u64::from(lanes);
    }

    fn join(&mut self, other: Count) {
        self.warps += other.warps;
        self.lanes += other.lanes;
    }
}

/// Counts of what a launch did. They need no GPU, and are the same on every host. Operations are counted after folding.
/// Folding does what the assembler does with constants and dead code, but not everything that the assembler does.
///
/// ```
/// use bakelite_device::{Class, GlobalMemory, Launch, MOST_INSTRUCTIONS, Module, run};
/// let module = Module::parse(".version 8.0\n.target sm_80\n.address_size 64\n.visible .entry fill(.param .u64 to) {
///     .reg .b32 %r<2>; .reg .b64 %a<3>;
///     ld.param.u64 %a1, [to]; mov.u32 %r1, %tid.x; mul.wide.u32 %a2, %r1, 4; add.s64 %a1, %a1, %a2;
///     st.global.u32 [%a1], %r1;
///     ret; }", true).unwrap();
/// let mut memory = GlobalMemory::new();
/// let params = memory.allocate(4 * 40).unwrap().to_le_bytes();
/// let kernel = &module.kernels()[0];
/// let profile = run(&Launch {
///     kernel, params: &params, grid: 1.into(), block: 40.into(), shared_bytes: 0, memory: &memory, checks: true,
///     readers: false, threads: 1, instructions: MOST_INSTRUCTIONS,
/// }).unwrap();
/// let stores = profile.count(Class::GlobalStore);
/// assert_eq!((stores.warps, stores.lanes), (2, 40));
/// assert_eq!(profile.count(Class::Integer).warps, 2 * 2);
/// assert!(profile.to_string().contains("global stores: 2 of warps, 40 of lanes"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Operations of warps (after folding).
    pub warp_instructions: u64,
    /// Operations of single lanes.
    pub lane_instructions: u64,
    /// Number of blocks that ran.
    pub blocks: u64,
    classes: [Count; Class::ALL.len()],
    pub(crate) notes: Notes,
}

impl Profile {
    /// How often instructions of a class were executed.
    pub fn count(&self, class: Class) -> Count {
        self.classes[class as usize]
    }

    /// All classes with their counts. The counts add up to the totals.
    pub fn classes(&self) -> impl Iterator<Item = (Class, Count)> + '_ {
        Class::ALL.into_iter().zip(self.classes)
    }

    pub(crate) fn add(&mut self, class: Class, count: Count) {
        self.classes[class as usize].join(count);
        self.warp_instructions += count.warps;
        self.lane_instructions += count.lanes;
    }

    /// Events that are no faults but worth knowing, in the order of lines: one note for each line and kind. Taken only
    /// with checks.
    pub fn notes(&self) -> &[Note] {
        &self.notes.0
    }

    pub(crate) fn join(&mut self, other: Profile) {
        for (class, count) in other.classes() {
            self.add(class, count);
        }
        self.blocks += other.blocks;
        self.notes.take(other.notes);
    }
}

impl fmt::Display for Profile {
    /// One line for each class that occurs, and two for each note.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} blocks, {} instructions of warps, {} of lanes",
            self.blocks, self.warp_instructions, self.lane_instructions
        )?;
        for (class, count) in self.classes().filter(|c| c.1.warps > 0) {
            write!(
                f,
                "\n{:>20}: {} of warps, {} of lanes",
                class.name(),
                count.warps,
                count.lanes
            )?;
        }
        for note in self.notes() {
            write!(f, "\nnote: {note}")?;
        }
        Ok(())
    }
}
