//! The error of this module.

use alloc::string::String;
use core::fmt;

use super::Rectangle;
use crate::layout::Code;

/// What is wrong with a [`Rectangle`], or with its offset. The text names the rectangle, the number and the remedy.
///
/// ```
/// use bakelite::layout::{Code, rectangles::{Problem, Rectangle}};
/// let wrong = Problem::new(vec![Rectangle::new("a", 3, 3, 16)]).unwrap_err();
/// assert_eq!((wrong.code, wrong.rectangle, wrong.field), (Code::EmptyLife, 0, "upper"));
/// assert_eq!(wrong.to_string(), "rectangle `a`: its life starts at 3 and ends before 3; `upper` is exclusive, raise it above 3");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invalid {
    /// The kind of mistake.
    pub code: Code,
    /// The index of the rectangle.
    pub rectangle: usize,
    /// The field that is wrong: `id`, `upper`, `size`, `alignment` or `offset`.
    pub field: &'static str,
    text: String,
}

impl Invalid {
    pub(super) fn new(
        code: Code,
        rectangles: &[Rectangle],
        rectangle: usize,
        field: &'static str,
        what: fmt::Arguments<'_>,
    ) -> Self {
        let text = match rectangles.get(rectangle) {
            Some(r) => alloc::format!("rectangle `{}`: {what}", r.id),
            None => alloc::format!("{what}"),
        };
        Invalid {
            code,
            rectangle,
            field,
            text,
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl core::error::Error for Invalid {}
