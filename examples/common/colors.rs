//! Ramps of colours on which equal differences look equal: they move through Oklab at constant speed.

use plotters::style::RGBColor;

/// What stands for a run that failed.
pub const FAILED: RGBColor = RGBColor(150, 150, 150);

/// Colours for shares from 0 to 1.
pub struct Ramp {
    colors: Vec<RGBColor>,
}

impl Ramp {
    /// Dark to bright, for amounts: five colours of viridis (S. van der Walt and N. Smith, 2015).
    pub fn amounts() -> Ramp {
        Ramp::through(&[0x44_01_54, 0x3b_52_8b, 0x21_91_8c, 0x5e_c9_62, 0xfd_e7_25])
    }

    /// Straight from each colour to the next, at one speed.
    fn through(colors: &[u32]) -> Ramp {
        const COLORS: usize = 1024;
        let stops: Vec<[f64; 3]> = colors.iter().map(|&color| oklab(color)).collect();
        let mut ways = vec![0.0];
        for pair in stops.windows(2) {
            ways.push(ways[ways.len() - 1] + distance(pair[0], pair[1]));
        }
        let mut next = 1;
        let colors = (0..COLORS).map(|index| {
            let way = ways[ways.len() - 1] * index as f64 / (COLORS - 1) as f64;
            while next + 1 < ways.len() && ways[next] < way {
                next += 1;
            }
            let inside = (way - ways[next - 1]) / (ways[next] - ways[next - 1]);
            let (a, b) = (stops[next - 1], stops[next]);
            srgb([0, 1, 2].map(|axis| a[axis] + inside * (b[axis] - a[axis])))
        });
        Ramp {
            colors: colors.collect(),
        }
    }

    pub fn at(&self, share: f64) -> RGBColor {
        let last = self.colors.len() - 1;
        self.colors[(share.clamp(0.0, 1.0) * last as f64).round() as usize]
    }
}

/// How different two colours in Oklab look.
pub fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

/// Colours for signed values: white at 0, red above and blue below, as far from white on both sides.
pub struct Signed {
    positive: Ramp,
    negative: Ramp,
    most: f64,
}

impl Signed {
    /// For values from `-most` to `most`: ends and middles of ColorBrewer's RdBu (C. Brewer, 2002).
    pub fn up_to(most: f64) -> Signed {
        Signed {
            positive: Ramp::through(&[0xf7_f7_f7, 0xf4_a5_82, 0xd6_60_4d, 0x67_00_1f]),
            negative: Ramp::through(&[0xf7_f7_f7, 0x92_c5_de, 0x43_93_c3, 0x05_30_61]),
            most,
        }
    }

    pub fn at(&self, value: f64) -> RGBColor {
        let ramp = if value < 0.0 {
            &self.negative
        } else {
            &self.positive
        };
        ramp.at(value.abs() / self.most)
    }
}

/// B. Ottosson, "A perceptual color space for image processing", 2020.
pub fn oklab(color: u32) -> [f64; 3] {
    let [r, g, b] = [16, 8, 0].map(|shift| {
        let value = f64::from(color >> shift & 0xff) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    });
    let l = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b).cbrt();
    let m = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b).cbrt();
    let s = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b).cbrt();
    [
        0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
        1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
        0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s,
    ]
}

fn srgb([lightness, a, b]: [f64; 3]) -> RGBColor {
    let l = (lightness + 0.3963377774 * a + 0.2158037573 * b).powi(3);
    let m = (lightness - 0.1055613458 * a - 0.0638541728 * b).powi(3);
    let s = (lightness - 0.0894841775 * a - 1.2914855480 * b).powi(3);
    let [red, green, blue] = [
        4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
        -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
        -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ]
    .map(|linear: f64| {
        let value = match linear {
            ..=0.0031308 => 12.92 * linear,
            _ => 1.055 * linear.powf(1.0 / 2.4) - 0.055,
        };
        (255.0 * value).round().clamp(0.0, 255.0) as u8
    });
    RGBColor(red, green, blue)
}
