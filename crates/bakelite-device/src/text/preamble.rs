//! The directives with which a text begins (`.version`, `.target`, `.address_size`), and which driver reads which
//! version.
use crate::code::kernel::{PtxError, line_text};
use crate::text::statements::split_until;
use crate::text::statements::{Piece, Statement};
use crate::text::symbols::Refusal;

/// Major and minor number.
type Version = (u32, u32);

/// Branches of NVIDIA's driver for Linux, the version of CUDA that each reports, and the newest version of PTX that it
/// reads. All rows are those of the table "PTX Release History" in the PTX ISA manual
/// (docs.nvidia.com/cuda/parallel-thread-execution, 13. Release Notes, of version 9.3), such as "PTX ISA 8.5: CUDA
/// 12.6, driver r560". The drivers agree with the table "CUDA Toolkit and Corresponding Driver Versions" of the
/// toolkit's release notes (13.2). That table leaves out 12.7, which was a driver without a toolkit. No older driver
/// knows compute capability 9.0.
const DRIVERS: [(u32, i32, Version); 13] = [
    (520, 11080, (7, 8)),
    (525, 12000, (8, 0)),
    (530, 12010, (8, 1)),
    (535, 12020, (8, 2)),
    (545, 12030, (8, 3)),
    (550, 12040, (8, 4)),
    (555, 12050, (8, 5)),
    (560, 12060, (8, 5)),
    (565, 12070, (8, 6)),
    (570, 12080, (8, 7)),
    (575, 12090, (8, 8)),
    (580, 13000, (9, 0)),
    (590, 13010, (9, 1)),
];

/// The last minor number of each major one.
const VERSIONS: [Version; 9] = [
    (1, 5),
    (2, 3),
    (3, 2),
    (4, 3),
    (5, 0),
    (6, 5),
    (7, 8),
    (8, 8),
    (9, 1),
];

/// Targets, and the version that introduced each. Those after `sm_90a` are newer than this device.
const TARGETS: [(&str, Version); 37] = [
    ("sm_30", (3, 0)),
    ("sm_32", (4, 0)),
    ("sm_35", (3, 1)),
    ("sm_37", (4, 1)),
    ("sm_50", (4, 0)),
    ("sm_52", (4, 1)),
    ("sm_53", (4, 2)),
    ("sm_60", (5, 0)),
    ("sm_61", (5, 0)),
    ("sm_62", (5, 0)),
    ("sm_70", (6, 0)),
    ("sm_72", (6, 1)),
    ("sm_75", (6, 3)),
    ("sm_80", (7, 0)),
    ("sm_86", (7, 1)),
    ("sm_87", (7, 4)),
    ("sm_88", (9, 0)),
    ("sm_89", (7, 8)),
    ("sm_90", (7, 8)),
    ("sm_90a", (8, 0)),
    ("sm_100", (8, 6)),
    ("sm_100a", (8, 6)),
    ("sm_100f", (8, 8)),
    ("sm_101", (8, 6)),
    ("sm_101a", (8, 6)),
    ("sm_101f", (8, 8)),
    ("sm_103", (8, 8)),
    ("sm_103a", (8, 8)),
    ("sm_103f", (8, 8)),
    ("sm_110", (9, 0)),
    ("sm_110a", (9, 0)),
    ("sm_110f", (9, 0)),
    ("sm_120", (8, 7)),
    ("sm_120a", (8, 7)),
    ("sm_120f", (8, 8)),
    ("sm_121", (8, 8)),
    ("sm_121a", (8, 8)),
];

/// The directives at the start of a text.
pub(crate) struct Preamble {
    version: Version,
    /// Index of the target in the table.
    target: usize,
    /// Line of `.version`.
    line: u32,
    /// How many statements it has.
    pub(crate) statements: usize,
}

/// The text of a statement that belongs to the preamble.
fn belongs(statement: &Statement) -> Option<&str> {
    let Piece::Text(text) = &statement.piece else {
        return None;
    };
    let words = [".version", ".target", ".address_size"];
    let first = text.split(' ').next()?;
    words.contains(&first).then_some(text)
}

impl Preamble {
    /// Reads the preamble, the first statements of a text.
    pub(crate) fn read(statements: &[Statement]) -> Result<Preamble, (u32, String)> {
        let texts: Vec<(u32, &str)> = statements
            .iter()
            .map_while(|s| Some((s.line, belongs(s)?)))
            .collect();
        let mut words = texts.iter().flat_map(|&(line, text)| {
            let words = text.split([' ', ',']).filter(|w| !w.is_empty());
            words.map(move |word| (line, word))
        });
        let first_line = statements.first().map_or(1, |s| s.line);
        let version = match (words.next(), words.next()) {
            (Some((line, ".version")), Some((_, text))) => {
                (line, version(text).map_err(|e| (line, e))?)
            }
            _ => {
                let text = "the text does not begin with its version, as in `.version 8.0`";
                return Err((first_line, text.into()));
            }
        };
        let (line, version) = version;
        let mut words = words.peekable();
        let target = match (words.next(), words.next()) {
            (Some((line, ".target")), Some((_, name))) => {
                target(name, version).map_err(|e| (line, e))?
            }
            _ => {
                let text = "`.version` is not followed by the target, as in `.target sm_80`";
                return Err((line, text.into()));
            }
        };
        while let Some((line, word)) = words.next() {
            let refuse = |reason: String| Err((line, reason));
            match word {
                "texmode_unified" | "texmode_independent" => {}
                ".address_size" => {
                    match words.next() {
                        Some((_, "64")) if words.peek().is_none() => {}
                        Some((_, "64")) => return refuse(
                            "nothing stands behind `.address_size` on its line, and it stands once"
                                .into(),
                        ),
                        _ => {
                            return refuse(
                                "addresses have 64 bits on this device: `.address_size 64`".into(),
                            );
                        }
                    }
                }
                _ => {
                    return refuse(format!(
                        "`{word}` is not known here: a text has one `.version`, one `.target` such as sm_80, and `.address_size 64`"
                    ));
                }
            }
        }
        Ok(Preamble {
            version,
            target,
            line,
            statements: texts.len(),
        })
    }

    /// Whether threads that have returned count as arrived at `bar.sync`. They do from compute capability 7.0 on.
    pub(crate) fn returned_arrive(&self) -> bool {
        let first = TARGETS.iter().position(|t| t.0 == "sm_70");
        first.is_some_and(|first| self.target >= first)
    }

    /// The most bytes of parameters that an entry may have.
    pub(crate) fn most_parameter_bytes(&self) -> usize {
        if self.version >= (8, 1) { 32764 } else { 4352 }
    }
}

/// Reads a version such as `8.0`.
fn version(text: &str) -> Refusal<Version> {
    let parts = text.split_once('.');
    let numbers = parts.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let Some((major, minor)) = numbers else {
        return Err(format!(
            "`{text}` is no version: it has two numbers, as in `.version 8.0`"
        ));
    };
    let known = VERSIONS.iter().any(|v| v.0 == major && minor <= v.1);
    match known {
        true => Ok((major, minor)),
        false => Err(format!(
            "version {text} of PTX is not known: 7.0 to 7.8, 8.0 to 8.8, 9.0 and 9.1 are, and older ones"
        )),
    }
}

/// Index of the target `name` in the table, if the device runs code for it.
fn target(name: &str, version: Version) -> Refusal<usize> {
    let Some(at) = TARGETS.iter().position(|t| t.0 == name) else {
        return Err(format!(
            "target `{name}` is not known: sm_80, sm_86, sm_89 and sm_90 are, and others from sm_30 on"
        ));
    };
    let own = TARGETS.iter().position(|t| t.0 == "sm_90a");
    if own.is_some_and(|own| at <= own) {
        let (major, minor) = TARGETS[at].1;
        return match version < (major, minor) {
            true => Err(format!(
                "target `{name}` came with version {major}.{minor} of PTX: write `.version {major}.{minor}` or a newer one"
            )),
            false => Ok(at),
        };
    }
    Err(format!(
        "target `{name}` is newer than this device, whose compute capability is 9.0: compile for sm_90 or an older one"
    ))
}

/// The versions of CUDA and of PTX for a driver of the branch `driver`: those of the last branch in the table that is
/// not newer.
fn of_driver(driver: u32) -> (i32, Version) {
    let known = DRIVERS.iter().rev().find(|d| d.0 <= driver);
    let &(_, cuda, ptx) = known.unwrap_or(&DRIVERS[0]);
    (cuda, ptx)
}

/// The version of CUDA that `cuDriverGetVersion` returns for a driver of the branch `driver`.
pub fn cuda_of_driver(driver: u32) -> i32 {
    of_driver(driver).0
}

/// Checks that a driver of the branch `driver`, such as 525, reads the PTX version of `text`. A text without a valid
/// preamble passes: the parser reports it.
///
/// # Errors
///
/// The text's version of PTX is newer than the driver reads.
pub fn read_by_driver(text: &str, driver: u32) -> Result<(), PtxError> {
    let head = split_until(text, |s| belongs(s).is_none());
    let Ok(preamble) = Preamble::read(&head.unwrap_or_default()) else {
        return Ok(());
    };
    let (newest, version) = (of_driver(driver).1, preamble.version);
    if version <= newest {
        return Ok(());
    }
    let needed = DRIVERS.iter().find(|d| version <= d.2);
    let needed = needed.map_or(DRIVERS[DRIVERS.len() - 1].0, |d| d.0);
    Err(PtxError {
        line: preamble.line,
        text: line_text(text, preamble.line),
        reason: format!(
            "driver {driver} reads PTX up to version {}.{}, this is {}.{}: compile with an older toolkit, or, if the drivers are {needed} or newer, set `driver: {needed}` in ReferenceOptions",
            newest.0, newest.1, version.0, version.1
        ),
    })
}
