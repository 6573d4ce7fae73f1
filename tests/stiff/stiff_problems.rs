//! The stiff problems that other tests integrate: their right-hand sides against values by hand.
#![cfg(feature = "std")]

use crate::common::stiff_problems::*;
use bakelite::{GenericArray, ode::System};

fn derivative<S: System>(states: &[f64], parameters: &[f64]) -> Vec<f64> {
    let states = GenericArray::from_iter(states.iter().copied());
    let parameters = GenericArray::from_iter(parameters.iter().copied());
    S::rhs(0.0, &states, &parameters).to_vec()
}

/// Checks a case's sizes, and its derivative at the start.
fn starts<S: System>(case: &Case, want: &[f64]) {
    let name = case.name;
    assert_eq!(case.end.len(), case.initial.len(), "{name}");
    assert!(case.time > 0.0 && ["quadruple", "test set"].contains(&case.source));
    let found = derivative::<S>(case.initial, case.parameters);
    assert_eq!(found.len(), want.len(), "{name}");
    for (state, (found, want)) in found.iter().zip(want).enumerate() {
        let apart = (found - want).abs();
        assert!(
            apart <= 1e-14 * want.abs(),
            "{name}, {state}: {found} {want}"
        );
    }
}

#[test]
fn derivatives_at_the_start_are_those_by_hand() {
    for case in &ROBERTSON_CASES {
        starts::<Robertson>(case, &[-0.04, 0.04, 0.0]);
    }
    starts::<VanDerPol>(&VAN_DER_POL_CASES[0], &[0.0, -2e3]);
    starts::<VanDerPol>(&VAN_DER_POL_CASES[1], &[0.0, -2e6]);
    for case in &OREGONATOR_CASES {
        // 77.27 (2 + 1 - 8.375e-6 - 2), (3 - 4) / 77.27, 0.161 (1 - 3)
        starts::<Oregonator>(case, &[77.269_352_863_75, -1.0 / 77.27, -0.322]);
    }
    starts::<Brusselator>(&BRUSSELATOR_CASE, &[1.75, -2.25]);
    // 0.0007 - 1.71, 1.71
    let hires = [-1.7093, 1.71, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    starts::<HighIrradianceResponse>(&HIRES_CASE, &hires);
    // reactions 2, 4, 5, 7, 16 and 17 go on: at 0.2128, 8.6e-5, 8.2e-5, 1.3e-6, 1.4e-5 and 7e-4
    let mut pollution = [0.0; 20];
    pollution[0] = 0.2128;
    pollution[1] = -0.2128;
    pollution[2] = 7e-4;
    pollution[3] = -0.213_514;
    pollution[4] = 1.733e-4;
    pollution[6] = -1.68e-4;
    pollution[7] = 1.693e-4;
    pollution[8] = -1.3e-6;
    pollution[9] = 1.3e-6;
    pollution[15] = 1.4e-5;
    starts::<Pollution>(&POLLUTION_CASE, &pollution);
}

/// The 25 reactions of POLLU: species used up, species made.
#[rustfmt::skip]
const REACTIONS: [(&[usize], &[usize]); 25] = [
    (&[1], &[2, 3]), (&[2, 4], &[1]), (&[5, 2], &[6, 1]), (&[7], &[5, 5, 8]), (&[7], &[8]),
    (&[7, 6], &[8, 5]), (&[9], &[10, 8, 5]), (&[9, 6], &[11]), (&[11, 2], &[10, 1, 12]), (&[11, 1], &[13]),
    (&[13], &[11, 1]), (&[10, 2], &[14, 1]), (&[14], &[7, 5]), (&[1, 6], &[15]), (&[3], &[4]),
    (&[4], &[16]), (&[4], &[3]), (&[16], &[6, 6]), (&[16], &[3]), (&[17, 6], &[18, 5]),
    (&[19], &[2]), (&[19], &[1, 3]), (&[1, 4], &[19]), (&[19, 1], &[20]), (&[20], &[1, 19]),
];

/// Most reactions of POLLU rest at its start.
#[test]
fn pollution_is_its_reactions() {
    let states: Vec<f64> = (1..=20).map(|species| 1.0 / f64::from(species)).collect();
    let mut want = [0.0; 20];
    let mut size = [0.0; 20];
    for ((used, made), rate) in REACTIONS.iter().zip(POLLUTION_CASE.parameters) {
        let speed = used.iter().fold(*rate, |speed, i| speed * states[i - 1]);
        for (sign, species) in [(-1.0, used), (1.0, made)] {
            for i in *species {
                want[i - 1] += sign * speed;
                size[i - 1] += speed;
            }
        }
    }
    let found = derivative::<Pollution>(&states, POLLUTION_CASE.parameters);
    for species in 0..20 {
        let apart = (found[species] - want[species]).abs();
        assert!(apart <= 1e-15 * size[species], "{species}: {apart:e}");
    }
}

/// What reactions keep is there at the end.
#[test]
fn ends_keep_what_the_reactions_keep() {
    for case in &ROBERTSON_CASES {
        // the test set's last state is 1.0e-14 short
        let most = if case.source == "test set" {
            1.1e-14
        } else {
            1e-15
        };
        let mass: f64 = case.end.iter().sum();
        assert!((mass - 1.0).abs() < most, "{mass}");
    }
    // nitrogen, two atoms of which are in N2O5
    let nitrogen = |y: &[f64]| y[0] + y[1] + y[12] + y[14] + y[18] + 2.0 * y[19];
    let [start, end] = [POLLUTION_CASE.initial, POLLUTION_CASE.end].map(nitrogen);
    assert!((end - start).abs() < 1e-15, "{start} {end}");
    let hires = HIRES_CASE.end[6] + HIRES_CASE.end[7];
    assert!((hires - 0.0057).abs() < 1e-17, "{hires}");
}
