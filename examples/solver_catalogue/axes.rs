//! What a layout is made for, besides the algorithm.

use super::model::Model;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    F32,
    F64,
}

impl Precision {
    pub const ALL: [Precision; 2] = [Precision::F32, Precision::F64];

    pub fn bytes(self) -> usize {
        match self {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        }
    }

    /// What CuBIE calls it.
    pub fn cubie(self) -> &'static str {
        match self {
            Precision::F32 => "float32",
            Precision::F64 => "float64",
        }
    }
}

/// Where all buffers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Shared,
    Local,
}

impl Place {
    pub const ALL: [Place; 2] = [Place::Shared, Place::Local];

    pub fn name(self) -> &'static str {
        match self {
            Place::Shared => "shared",
            Place::Local => "local",
        }
    }

    /// What CuBIE's configuration is called; its default is everything local.
    pub fn cubie(self) -> &'static str {
        match self {
            Place::Shared => "all_shared",
            Place::Local => "default",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    pub model: Model,
    pub precision: Precision,
    pub place: Place,
}

impl Case {
    pub fn all() -> impl Iterator<Item = Case> {
        Model::ALL.into_iter().flat_map(|model| {
            Precision::ALL.into_iter().flat_map(move |precision| {
                Place::ALL.into_iter().map(move |place| Case {
                    model,
                    precision,
                    place,
                })
            })
        })
    }
}
