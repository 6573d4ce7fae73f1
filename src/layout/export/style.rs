//! Colours and sizes of maps.

/// Okabe and Ito's colours, which people with any kind of colour vision can distinguish, then darker ones. Each has a
/// text colour that is readable on it. From the 17th component on they repeat.
pub(super) const COLOURS: [(&str, &str); 16] = [
    ("#56b4e9", "#000"),
    ("#e69f00", "#000"),
    ("#009e73", "#000"),
    ("#f0e442", "#000"),
    ("#cc79a7", "#000"),
    ("#0072b2", "#fff"),
    ("#d55e00", "#000"),
    ("#bbbbbb", "#000"),
    ("#2b5f85", "#fff"),
    ("#8f6300", "#fff"),
    ("#00573f", "#fff"),
    ("#756e00", "#fff"),
    ("#84406a", "#fff"),
    ("#003f66", "#fff"),
    ("#7d3700", "#fff"),
    ("#606060", "#fff"),
];
pub(super) const PLOT: f64 = 880.0;
pub(super) const MARGIN: f64 = 16.0;
pub(super) const LINE: f64 = 18.0;
