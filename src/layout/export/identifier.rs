//! Names as C++ identifiers, one to one.

use alloc::format;
use alloc::string::String;

/// What a buffer's or component's identifier must not be: the words of C++20, two macros that g++ predefines, and the names that
/// the header itself gives.
const TAKEN: &str = " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t \
class compl concept const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do \
double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept \
not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return short signed sizeof static \
static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned using \
virtual void volatile wchar_t while xor xor_eq linux unix NULL \
plan element length offset_bytes bytes enabled in_shared base_bytes element_stride_bytes lane_stride_bytes ";

/// An identifier that no other name gives. A character that cannot stand there becomes `_x<hexadecimal>z`; an underscore does
/// where it would read as the start of that, or make two in a row, which C++ reserves; so does the first character of a name
/// that is taken. Decoding is unambiguous, since a plain underscore is never followed by `x`.
pub(super) fn identifier(name: &str) -> String {
    let mut out = String::new();
    let taken = TAKEN.split(' ').any(|word| word == name);
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let plain = if out.is_empty() {
            c.is_ascii_alphabetic() && !taken
        } else if c == '_' {
            rest.peek()
                .is_none_or(|next| next.is_ascii_alphanumeric() && *next != 'x')
        } else {
            c.is_ascii_alphanumeric()
        };
        if plain {
            out.push(c);
        } else {
            out.push_str(&format!("_x{:x}z", c as u32));
        }
    }
    if out.is_empty() {
        out.push_str(NOTHING);
    }
    out
}

/// Decodes to nothing: the identifier of the empty name, and a mark that changes an identifier but not its name.
pub(super) const NOTHING: &str = "_xz";

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn decode(mut s: &str) -> String {
        let mut out = String::new();
        while let Some(at) = s.find("_x") {
            let end = at + s[at..].find('z').unwrap();
            out.push_str(&s[..at]);
            if end > at + 2 {
                let code = u32::from_str_radix(&s[at + 2..end], 16).unwrap();
                out.push(char::from_u32(code).unwrap());
            }
            s = &s[end + 1..];
        }
        out + s
    }

    #[test]
    fn ordinary_names_stay() {
        for name in ["a", "stage_derivatives", "k2_", "A_B9"] {
            assert_eq!(identifier(name), name);
        }
        let odd = ["a.b", "a_xb", "a__b", "double", "1", "_a", "", "é"];
        let expected = [
            "a_x2ezb",
            "a_x5fzxb",
            "a_x5fz_b",
            "_x64zouble",
            "_x31z",
            "_x5fza",
            "_xz",
            "_xe9z",
        ];
        assert_eq!(odd.map(identifier), expected);
    }

    proptest::proptest! {
        #[test]
        fn one_to_one(name in "[a-z_x2\\-.]{0,9}|.{0,5}") {
            let id = identifier(&name);
            proptest::prop_assert_eq!(decode(&id), name.to_string());
            proptest::prop_assert!(!id.contains("__") && !TAKEN.split(' ').any(|w| w == id));
            proptest::prop_assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        }
    }
}
