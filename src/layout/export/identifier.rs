//! Turns names into C++ identifiers; each identifier belongs to one name.

use alloc::format;
use alloc::string::String;

/// Words that cannot be the identifier of a buffer or a component: the words of C, C++ and their GNU dialects, those
/// that have a meaning in one context only, and CUDA's built-in variables.
const WORDS: &str = " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t \
class compl concept const consteval constexpr constinit const_cast continue contract_assert co_await co_return co_yield decltype \
default delete do double dynamic_cast else enum explicit export extern false final float for friend goto if import inline int long \
module mutable namespace new noexcept not not_eq nullptr operator or or_eq override private protected public register \
reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast struct switch synchronized template \
this thread_local throw true try typedef typeid typename typeof typeof_unqual union unsigned using virtual void volatile wchar_t \
while xor xor_eq threadIdx blockIdx blockDim gridDim warpSize ";

/// Macros without arguments of GCC, of the headers of C, C++ and POSIX, and of Windows headers, except those that
/// [`is_loud`] recognises.
const MACROS: &str = " I cdecl complex d_fileno errno far h_addr h_errno huge hyper i386 imaginary interface linux \
math_errhandling near pascal s6_addr s6_addr16 s6_addr32 sa_handler sa_sigaction sched_priority si_addr si_addr_lsb si_arch si_band \
si_call_addr si_fd si_int si_lower si_overrun si_pid si_pkey si_ptr si_status si_stime si_syscall si_timerid si_uid si_upper \
si_utime si_value sigev_notify_attributes sigev_notify_function small st_atime st_ctime st_mtime stderr stdin stdout unix ";

/// Whether a name starts with a capital and continues with another capital, a digit or an underscore, as in `M_PI`,
/// `INFINITY` and `B0`. Macros are written so, and there are thousands of them.
fn is_loud(name: &str) -> bool {
    let loud = |c: &u8| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == b'_';
    let name = name.as_bytes();
    name.first().is_some_and(u8::is_ascii_uppercase) && name.get(1).is_some_and(loud)
}

/// The constants that a header gives for each buffer.
pub(super) const FLAGS: [&str; 3] = ["enabled", "in_shared", "per_block"];
pub(super) const NUMBERS: [&str; 6] = [
    "length",
    "bytes",
    "offset_bytes",
    "base_bytes",
    "element_stride_bytes",
    "lane_stride_bytes",
];

/// Whether a header itself uses this name for something else, next to a buffer or inside it.
fn is_own(name: &str) -> bool {
    matches!(name, "plan" | "element") || FLAGS.contains(&name) || NUMBERS.contains(&name)
}

/// An identifier that belongs to no other name. A character that is not allowed becomes `_x<hexadecimal>z`. So does an
/// underscore that would read as the start of such a code, or would make two in a row, which C++ reserves. So does the
/// first character of a name that is already used. Decoding is unambiguous, since a plain underscore is never followed
/// by `x`.
pub(super) fn identifier(name: &str) -> String {
    let mut out = String::new();
    let taken = is_loud(name)
        || is_own(name)
        || [WORDS, MACROS]
            .iter()
            .any(|list| list.split(' ').any(|word| word == name));
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

/// It decodes to nothing. It is the identifier of the empty name, and a mark that changes an identifier but not the
/// name that it stands for.
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
        for name in ["a", "stage_derivatives", "k2_", "a_B9", "A", "Newton"] {
            assert_eq!(identifier(name), name);
        }
        let odd = [
            "a.b",
            "a_xb",
            "a__b",
            "double",
            "1",
            "_a",
            "",
            "é",
            "per_block",
            "typeof",
            "M_PI",
            "INFINITY",
            "I",
            "B0",
        ];
        let expected = [
            "a_x2ezb",
            "a_x5fzxb",
            "a_x5fz_b",
            "_x64zouble",
            "_x31z",
            "_x5fza",
            "_xz",
            "_xe9z",
            "_x70zer_block",
            "_x74zypeof",
            "_x4dz_PI",
            "_x49zNFINITY",
            "_x49z",
            "_x42z0",
        ];
        assert_eq!(odd.map(identifier), expected);
    }

    proptest::proptest! {
        #[test]
        fn one_to_one(name in "[a-z_x2\\-.]{0,9}|.{0,5}") {
            let id = identifier(&name);
            proptest::prop_assert_eq!(decode(&id), name.to_string());
            let words = [WORDS, MACROS].concat();
            proptest::prop_assert!(!id.contains("__") && !words.split(' ').any(|w| w == id));
            proptest::prop_assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        }
    }
}
