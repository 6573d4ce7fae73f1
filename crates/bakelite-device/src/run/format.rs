//! The text that `printf` makes from a format and arguments, as in C.

/// The most digits and padding. A larger number is taken for a mistake.
const WIDEST: usize = 4096;

/// Where arguments and strings come from.
pub(crate) trait Arguments {
    type Error;
    /// The next argument of 4 or 8 bytes, aligned to its size.
    fn next(&mut self, bytes: u64) -> Result<u64, Self::Error>;
    /// The string at a generic address.
    fn string(&mut self, address: u64) -> Result<Vec<u8>, Self::Error>;
}

#[derive(Default)]
struct Spec {
    minus: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

/// The text, and how many arguments the format used.
pub(crate) fn format<A: Arguments>(
    format: &[u8],
    arguments: &mut A,
) -> Result<(Vec<u8>, u32), A::Error> {
    let (mut out, mut rest, mut count) = (Vec::new(), format, 0);
    while let Some((&c, behind)) = rest.split_first() {
        if c != b'%' {
            out.push(c);
            rest = behind;
            continue;
        }
        let mut at = behind;
        let mut spec = Spec::default();
        while let Some((flag, behind)) = at.split_first() {
            match flag {
                b'-' => spec.minus = true,
                b'+' => spec.plus = true,
                b' ' => spec.space = true,
                b'#' => spec.alternate = true,
                b'0' => spec.zero = true,
                _ => break,
            }
            at = behind;
        }
        let mut number = |at: &mut &[u8]| -> Result<i64, A::Error> {
            if let Some(behind) = at.strip_prefix(b"*") {
                *at = behind;
                count += 1;
                return Ok(i64::from(arguments.next(4)? as i32));
            }
            let mut n = 0i64;
            while let Some((digit @ b'0'..=b'9', behind)) = at.split_first() {
                n = (n * 10 + i64::from(digit - b'0')).min(WIDEST as i64);
                *at = behind;
            }
            Ok(n)
        };
        let width = number(&mut at)?;
        spec.minus |= width < 0;
        spec.width = (width.unsigned_abs() as usize).min(WIDEST);
        if let Some(behind) = at.strip_prefix(b".") {
            at = behind;
            let precision = number(&mut at)?;
            spec.precision = usize::try_from(precision).ok().map(|p| p.min(WIDEST));
        }
        let (mut longs, mut short) = (0, false);
        while let Some((size @ (b'l' | b'h'), behind)) = at.split_first() {
            longs += u32::from(*size == b'l');
            short |= *size == b'h';
            at = behind;
        }
        let Some((&conversion, behind)) = at.split_first() else {
            out.extend(rest); // not a conversion: copied as it is
            break;
        };
        let bytes = if longs > 0 { 8 } else { 4 };
        match conversion {
            b'%' => out.push(b'%'),
            b'd' | b'i' => {
                count += 1;
                let value = arguments.next(bytes)?;
                let value = match (longs > 0, short) {
                    (true, _) => value as i64,
                    (_, true) => i64::from(value as i16),
                    _ => i64::from(value as i32),
                };
                integer(
                    &spec,
                    value < 0,
                    value.unsigned_abs().to_string(),
                    true,
                    &mut out,
                );
            }
            b'u' | b'o' | b'x' | b'X' => {
                count += 1;
                let value = arguments.next(bytes)?;
                let value = if short && longs == 0 {
                    value & 0xffff
                } else {
                    value
                };
                let mut digits = match conversion {
                    b'u' => value.to_string(),
                    b'o' => format!("{value:o}"),
                    b'x' => format!("{value:x}"),
                    _ => format!("{value:X}"),
                };
                if spec.precision == Some(0) && value == 0 {
                    digits.clear();
                }
                unsigned(&spec, conversion, value, digits, &mut out);
            }
            b'c' => {
                count += 1;
                let byte = arguments.next(4)? as u8;
                pad(&spec, b"", &[byte], false, &mut out);
            }
            b's' => {
                count += 1;
                let address = arguments.next(8)?;
                let mut text = match address {
                    0 => b"(null)".to_vec(),
                    _ => arguments.string(address)?,
                };
                text.truncate(spec.precision.unwrap_or(text.len()));
                pad(&spec, b"", &text, false, &mut out);
            }
            b'p' => {
                count += 1;
                let text = match arguments.next(8)? {
                    0 => "(nil)".to_string(),
                    address => format!("{address:#x}"),
                };
                pad(&spec, b"", text.as_bytes(), false, &mut out);
            }
            b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A' => {
                count += 1;
                let value = f64::from_bits(arguments.next(8)?);
                float(&spec, conversion, value, &mut out);
            }
            _ => out.extend(&rest[..rest.len() - behind.len()]),
        }
        rest = behind;
    }
    Ok((out, count))
}

/// The sign, or the character in its place.
fn sign(spec: &Spec, negative: bool) -> &'static [u8] {
    match negative {
        true => b"-",
        false if spec.plus => b"+",
        false if spec.space => b" ",
        false => b"",
    }
}

fn integer(spec: &Spec, negative: bool, mut digits: String, signed: bool, out: &mut Vec<u8>) {
    if spec.precision == Some(0) && digits == "0" {
        digits.clear();
    }
    let prefix = if signed { sign(spec, negative) } else { b"" };
    with_precision(spec, prefix, digits, out);
}

fn unsigned(spec: &Spec, conversion: u8, value: u64, mut digits: String, out: &mut Vec<u8>) {
    let mut prefix: &[u8] = b"";
    if spec.alternate {
        match conversion {
            b'o' if !digits.starts_with('0') && spec.precision.unwrap_or(0) <= digits.len() => {
                digits.insert(0, '0');
            }
            b'x' if value != 0 => prefix = b"0x",
            b'X' if value != 0 => prefix = b"0X",
            _ => {}
        }
    }
    with_precision(spec, prefix, digits, out);
}

fn with_precision(spec: &Spec, prefix: &[u8], digits: String, out: &mut Vec<u8>) {
    let zeros = spec.precision.unwrap_or(0).saturating_sub(digits.len());
    let mut all = vec![b'0'; zeros];
    all.extend(digits.as_bytes());
    pad(spec, prefix, &all, spec.precision.is_none(), out);
}

/// Pads prefix and text to the width. `zeros`: the flag 0 applies.
fn pad(spec: &Spec, prefix: &[u8], text: &[u8], zeros: bool, out: &mut Vec<u8>) {
    let missing = spec.width.saturating_sub(prefix.len() + text.len());
    let zeros = zeros && spec.zero && !spec.minus;
    let fill = |on: bool, byte: u8| std::iter::repeat_n(byte, if on { missing } else { 0 });
    out.extend(fill(!spec.minus && !zeros, b' '));
    out.extend(prefix);
    out.extend(fill(zeros, b'0'));
    out.extend(text);
    out.extend(fill(spec.minus, b' '));
}

fn float(spec: &Spec, conversion: u8, value: f64, out: &mut Vec<u8>) {
    let prefix = sign(spec, value.is_sign_negative());
    let x = value.abs();
    let upper = conversion.is_ascii_uppercase();
    let cased = |text: String| match upper {
        true => text.to_uppercase(),
        false => text,
    };
    if !x.is_finite() {
        let text = if x.is_nan() { "nan" } else { "inf" };
        return pad(spec, prefix, cased(text.into()).as_bytes(), false, out);
    }
    let precision = spec.precision.unwrap_or(6);
    let text = match conversion.to_ascii_lowercase() {
        b'f' => fixed(x, precision, spec.alternate),
        b'e' => exponential(x, precision, spec.alternate),
        b'g' => general(x, precision.max(1), spec.alternate),
        _ => {
            let both = [prefix, if upper { b"0X" } else { b"0x" }].concat();
            let text = cased(hexadecimal(x, spec.precision, spec.alternate));
            return pad(spec, &both, text.as_bytes(), true, out);
        }
    };
    pad(spec, prefix, cased(text).as_bytes(), true, out);
}

fn fixed(x: f64, precision: usize, point: bool) -> String {
    let mut text = format!("{x:.precision$}");
    if point && precision == 0 {
        text.push('.');
    }
    text
}

fn exponential(x: f64, precision: usize, point: bool) -> String {
    let text = format!("{x:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if point && precision == 0 { "." } else { "" };
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}{point}e{sign}{exponent:0>2}")
}

fn general(x: f64, precision: usize, keep: bool) -> String {
    let scaled = format!("{x:.*e}", precision - 1);
    let exponent = scaled
        .split_once('e')
        .and_then(|(_, e)| e.parse::<i64>().ok());
    let exponent = exponent.unwrap_or(0);
    let fits = (-4..precision as i64).contains(&exponent);
    let text = match fits {
        true => fixed(x, (precision as i64 - 1 - exponent) as usize, keep),
        false => exponential(x, precision - 1, keep),
    };
    if keep {
        return text;
    }
    let (digits, rest) = match text.find('e') {
        Some(at) => text.split_at(at),
        None => (text.as_str(), ""),
    };
    let digits = match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    };
    format!("{digits}{rest}")
}

/// Hexadecimal digits without `0x`.
fn hexadecimal(x: f64, precision: Option<usize>, point: bool) -> String {
    let bits = x.to_bits();
    let (exponent, low) = ((bits >> 52) as i64, bits & (u64::MAX >> 12));
    let mut significand = low | u64::from(exponent > 0) << 52;
    let exponent = match exponent {
        0 if low == 0 => 0,
        e => e.max(1) - 1023,
    };
    let kept = precision.unwrap_or(13).min(13);
    let drop = 4 * (13 - kept) as u32;
    if drop > 0 {
        let (rest, half) = (significand & ((1 << drop) - 1), 1 << (drop - 1));
        significand >>= drop;
        // Ties to even.
        significand += u64::from(rest > half || (rest == half && significand & 1 == 1));
        significand <<= drop;
    }
    let mut digits = format!("{:013x}", significand & (u64::MAX >> 12));
    digits.truncate(kept);
    match precision {
        None => digits.truncate(digits.trim_end_matches('0').len()),
        Some(precision) => digits.extend(std::iter::repeat_n('0', precision.saturating_sub(13))),
    }
    let point = if digits.is_empty() && !point { "" } else { "." };
    format!("{}{point}{digits}p{exponent:+}", significand >> 52)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::ffi::{CString, c_char, c_int};

    unsafe extern "C" {
        fn snprintf(to: *mut c_char, bytes: usize, format: *const c_char, ...) -> c_int;
    }

    struct Given(Vec<u64>);
    impl Arguments for Given {
        type Error = ();
        fn next(&mut self, bytes: u64) -> Result<u64, ()> {
            let value = if self.0.is_empty() {
                0
            } else {
                self.0.remove(0)
            };
            Ok(value & (u64::MAX >> (64 - 8 * bytes)))
        }
        fn string(&mut self, _: u64) -> Result<Vec<u8>, ()> {
            Ok(b"text".to_vec())
        }
    }

    fn ours(spec: &str, arguments: &[u64]) -> String {
        let (text, _) = format(spec.as_bytes(), &mut Given(arguments.to_vec())).unwrap();
        String::from_utf8(text).unwrap()
    }

    /// The text that the host's C library makes from one argument.
    fn theirs(spec: &str, bits: u64) -> String {
        let (format, mut buffer) = (CString::new(spec).unwrap(), vec![0u8; 8192]);
        let to = buffer.as_mut_ptr().cast();
        let at = spec.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        // SAFETY: one conversion with an argument of its type; the buffer has as many bytes as the call says.
        let n = unsafe {
            match &spec[at..] {
                "d" | "i" | "u" | "o" | "x" | "X" | "c" | "hd" | "hu" => {
                    snprintf(to, 8192, format.as_ptr(), bits as c_int)
                }
                "s" => snprintf(to, 8192, format.as_ptr(), c"text".as_ptr()),
                long if long.starts_with('l') || long == "p" => {
                    snprintf(to, 8192, format.as_ptr(), bits)
                }
                _ => snprintf(to, 8192, format.as_ptr(), f64::from_bits(bits)),
            }
        };
        buffer.truncate(n as usize);
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn formats_as_the_c_library_does() {
        let flags = ["", "-", "+", " ", "#", "0", "+#0", "- ", "-0"];
        let widths = ["", "1", "9", "24"];
        let precisions = ["", ".", ".0", ".1", ".3", ".15", ".20"];
        let integers = [
            0,
            1,
            7,
            42,
            255,
            65_536,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            u64::MAX,
            1 << 63,
        ];
        let floats = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.1,
            0.5,
            1.5,
            2.5,
            9.5,
            99.95,
            123456.0,
            1234567.0,
            0.0001,
            0.00001234,
            1e15,
            1e100,
            1e-300,
            5e-324,
            2.2e-308,
            f64::MAX,
            -123.456,
            1.9999999,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        let mut compared = 0;
        for flag in flags {
            for width in widths {
                for precision in precisions {
                    let mut check = |conversion: &str, bits: u64| {
                        let spec = format!("%{flag}{width}{precision}{conversion}");
                        assert_eq!(
                            ours(&spec, &[bits]),
                            theirs(&spec, bits),
                            "{spec} of {bits:#x}"
                        );
                        compared += 1;
                    };
                    for bits in integers {
                        for conversion in [
                            "d", "i", "u", "o", "x", "X", "hd", "hu", "lld", "llu", "lx", "lo",
                        ] {
                            check(conversion, bits);
                        }
                    }
                    for x in floats {
                        for conversion in ["f", "F", "e", "E", "g", "G", "a", "A"] {
                            check(conversion, x.to_bits());
                        }
                    }
                    check("s", 1);
                }
                for conversion in ["c", "p"] {
                    let spec = format!(
                        "%{}{width}{conversion}",
                        if flag.contains('-') { "-" } else { "" }
                    );
                    assert_eq!(ours(&spec, &[65]), theirs(&spec, 65), "{spec}");
                }
            }
        }
        assert!(compared > 50_000, "{compared}");
        assert_eq!(
            ours("%*.*f|%-*d|%%|%5%|%", &[9, 2, 1.5f64.to_bits(), 4, 7]),
            "     1.50|7   |%|%|%"
        );
        assert_eq!(ours("%k %d %n", &[3]), "%k 3 %n");
        assert!(ours("%999999d", &[1]).len() == WIDEST);
        assert_eq!(
            ours("%f", &[f64::NAN.to_bits()]).trim_start_matches('-'),
            "nan"
        );
    }
}
