//! Stiff problems with published ends.
//!
//! "Test set" is the *Test Set for Initial Value Problem Solvers* of F. Mazzia and C. Magherini (release 2.4, 2008,
//! University of Bari), whose ends were computed by RADAU5 in quadruple precision with a relative tolerance of 1.1e-18.
//! "Quadruple" ends were computed by a Taylor method (heyoka) in quadruple precision, with tolerances that agree.

use bakelite::consts::*;
use bakelite::system;

system! {
    /// ROBER: the reactions of H. H. Robertson (1966), with rates 0.04, 3e7 and 1e4 per unit of time.
    pub struct Robertson;
    states: U3;
    parameters: U3;
    rhs: |_t, [a, b, c], [k1, k2, k3]| {
        let (first, second, third) = (k1 * a, k2 * b * b, k3 * b * c);
        [third - first, first - second - third, second]
    }
}
system! {
    /// VDPOL: the oscillator of van der Pol, in the slow time.
    pub struct VanDerPol;
    states: U2;
    parameters: U1;
    rhs: |_t, [x, v], [epsilon]| [v, ((R::lit(1.0) - x * x) * v - x) / epsilon]
}
system! {
    /// OREGO: the Belousov-Zhabotinskii reaction, R. J. Field, R. M. Noyes (1974), with s, q and w.
    pub struct Oregonator;
    states: U3;
    parameters: U3;
    rhs: |_t, [x, y, z], [s, q, w]| {
        let one = R::lit(1.0);
        [
            s * (y + x * (one - q * x - y)),
            (z - (one + x) * y) / s,
            w * (x - z),
        ]
    }
}
system! {
    /// BRUSS: the Brusselator, with A and B. It is not stiff.
    pub struct Brusselator;
    states: U2;
    parameters: U2;
    rhs: |_t, [x, y], [a, b]| {
        let autocatalysis = x * x * y;
        [a + autocatalysis - (b + R::lit(1.0)) * x, b * x - autocatalysis]
    }
}
system! {
    /// HIRES: the response of a plant to light, E. Schäfer (1975), with the rate of its only product of two states.
    pub struct HighIrradianceResponse;
    states: U8;
    parameters: U1;
    rhs: |_t, y, [rate]| {
        let c = |value: f64| R::lit(value);
        let bound = rate * y[5] * y[7];
        let freed = c(1.81) * y[6] - bound;
        [
            c(0.43) * y[1] - c(1.71) * y[0] + c(8.32) * y[2] + c(0.0007),
            c(1.71) * y[0] - c(8.75) * y[1],
            c(0.43) * y[3] - c(10.03) * y[2] + c(0.035) * y[4],
            c(8.32) * y[1] + c(1.71) * y[2] - c(1.12) * y[3],
            c(0.43) * (y[5] + y[6]) - c(1.745) * y[4],
            c(0.69) * (y[3] + y[6]) + c(1.71) * y[4] - c(0.43) * y[5] - bound,
            bound - c(1.81) * y[6],
            freed,
        ]
    }
}
system! {
    /// POLLU: the chemistry of air pollution, J. G. Verwer (1994), with the rates of its 25 reactions.
    pub struct Pollution;
    states: U20;
    parameters: U25;
    rhs: |_t, y, k| {
        let r = [
            k[0] * y[0],
            k[1] * y[1] * y[3],
            k[2] * y[4] * y[1],
            k[3] * y[6],
            k[4] * y[6],
            k[5] * y[6] * y[5],
            k[6] * y[8],
            k[7] * y[8] * y[5],
            k[8] * y[10] * y[1],
            k[9] * y[10] * y[0],
            k[10] * y[12],
            k[11] * y[9] * y[1],
            k[12] * y[13],
            k[13] * y[0] * y[5],
            k[14] * y[2],
            k[15] * y[3],
            k[16] * y[3],
            k[17] * y[15],
            k[18] * y[15],
            k[19] * y[16] * y[5],
            k[20] * y[18],
            k[21] * y[18],
            k[22] * y[0] * y[3],
            k[23] * y[18] * y[0],
            k[24] * y[19],
        ];
        [
            r[1] + r[2] + r[8] + r[10] + r[11] + r[21] + r[24] - r[0] - r[9] - r[13] - r[22] - r[23],
            r[0] + r[20] - r[1] - r[2] - r[8] - r[11],
            r[0] + r[16] + r[18] + r[21] - r[14],
            r[14] - r[1] - r[15] - r[16] - r[22],
            r[3] + r[3] + r[5] + r[6] + r[12] + r[19] - r[2],
            r[2] + r[17] + r[17] - r[5] - r[7] - r[13] - r[19],
            r[12] - r[3] - r[4] - r[5],
            r[3] + r[4] + r[5] + r[6],
            -(r[6] + r[7]),
            r[6] + r[8] - r[11],
            r[7] + r[10] - r[8] - r[9],
            r[8],
            r[9] - r[10],
            r[11] - r[12],
            r[13],
            r[15] - r[17] - r[18],
            -r[19],
            r[19],
            r[22] + r[24] - r[20] - r[21] - r[23],
            r[23] - r[24],
        ]
    }
}

/// A run from time 0, and its end.
pub struct Case {
    pub name: &'static str,
    pub initial: &'static [f64],
    pub parameters: &'static [f64],
    pub time: f64,
    pub end: &'static [f64],
    pub source: &'static str,
}

const ROBERTSON: Case = Case {
    name: "ROBER",
    initial: &[1.0, 0.0, 0.0],
    parameters: &[0.04, 3e7, 1e4],
    time: 0.4,
    end: &[
        0.985_172_113_860_989_9,
        3.386_395_378_974_904e-5,
        0.014_794_022_185_220_388,
    ],
    source: "quadruple",
};

pub const ROBERTSON_CASES: [Case; 3] = [
    ROBERTSON,
    Case {
        time: 40.0,
        end: &[
            0.715_827_068_719_405,
            9.185_534_764_557_764e-6,
            0.284_163_745_745_830_4,
        ],
        ..ROBERTSON
    },
    Case {
        time: 1e11,
        end: &[
            2.083_340_149_701_255e-8,
            8.333_360_770_334_713e-14,
            0.999_999_979_166_505,
        ],
        source: "test set",
        ..ROBERTSON
    },
];

const VAN_DER_POL: Case = Case {
    name: "VDPOL",
    initial: &[2.0, 0.0],
    parameters: &[1e-3],
    time: 2.0,
    end: &[1.763_234_540_203_445_7, -0.835_688_681_677_677_4],
    source: "quadruple",
};

pub const VAN_DER_POL_CASES: [Case; 2] = [
    VAN_DER_POL,
    Case {
        parameters: &[1e-6],
        end: &[1.706_167_732_170_483, -0.892_809_701_024_797_5],
        source: "test set",
        ..VAN_DER_POL
    },
];

const OREGONATOR: Case = Case {
    name: "OREGO",
    initial: &[1.0, 2.0, 3.0],
    parameters: &[77.27, 8.375e-6, 0.161],
    time: 30.0,
    end: &[
        1.000_661_467_180_496_7,
        1_512.778_937_348_250_4,
        10_358.543_127_672_276,
    ],
    source: "quadruple",
};

pub const OREGONATOR_CASES: [Case; 2] = [
    OREGONATOR,
    Case {
        time: 360.0,
        end: &[
            1.000_814_870_318_523,
            1_228.178_521_549_917,
            132.055_494_284_670_6,
        ],
        source: "test set",
        ..OREGONATOR
    },
];

pub const BRUSSELATOR_CASE: Case = Case {
    name: "BRUSS",
    initial: &[1.5, 3.0],
    parameters: &[1.0, 3.0],
    time: 20.0,
    end: &[0.498_637_071_268_347_85, 4.596_780_349_452_011],
    source: "quadruple",
};

pub const HIRES_CASE: Case = Case {
    name: "HIRES",
    initial: &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057],
    parameters: &[280.0],
    time: 321.8122,
    end: &[
        7.371_312_573_325_668e-4,
        1.442_485_726_316_185e-4,
        5.888_729_740_967_575e-5,
        1.175_651_343_283_149e-3,
        2.386_356_198_831_331e-3,
        6.238_968_252_742_796e-3,
        2.849_998_395_185_769e-3,
        2.850_001_604_814_231e-3,
    ],
    source: "test set",
};

pub const POLLUTION_CASE: Case = Case {
    name: "POLLU",
    initial: &[
        0.0, 0.2, 0.0, 0.04, 0.0, 0.0, 0.1, 0.3, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.007,
        0.0, 0.0, 0.0,
    ],
    parameters: &[
        0.35, 26.6, 1.23e4, 8.6e-4, 8.2e-4, 1.5e4, 1.3e-4, 2.4e4, 1.65e4, 9e3, 0.022, 1.2e4, 1.88,
        1.63e4, 4.8e6, 3.5e-4, 0.0175, 1e8, 4.44e11, 1240.0, 2.1, 5.78, 0.0474, 1.78e3, 3.12,
    ],
    time: 60.0,
    end: &[
        0.056_462_554_800_227_69,
        0.134_248_413_042_233_9,
        4.139_734_331_099_427e-9,
        5.523_140_207_484_359e-3,
        2.018_977_262_302_196e-7,
        1.464_541_863_493_966e-7,
        0.077_842_491_189_979_64,
        0.324_507_535_339_601_8,
        7.494_013_383_880_406e-3,
        1.622_293_157_301_561e-8,
        1.135_863_833_257_075e-8,
        2.230_505_975_721_359e-3,
        2.087_162_882_798_63e-4,
        1.396_921_016_840_158e-5,
        8.964_884_856_898_295e-3,
        4.352_846_369_330_103e-18,
        6.899_219_696_263_405e-3,
        1.007_803_037_365_946e-4,
        1.772_146_513_969_984e-6,
        5.682_943_292_316_392e-5,
    ],
    source: "test set",
};
