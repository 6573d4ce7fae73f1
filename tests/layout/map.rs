//! The map of a plan: well-formed, complete, and no text on another.
#![cfg(feature = "alloc")]

use crate::common::exported::*;
use bakelite::{
    layout::{ElementKind, PlanView, RuntimeRegistry, Slot, Space},
    prelude::*,
};
use proptest::prelude::*;

#[track_caller]
fn map_agrees(svg: &str, view: &PlanView<'_>) {
    let xml = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error} in {svg}"));
    let tips: Vec<&str> = xml
        .descendants()
        .filter(|n| n.has_tag_name("title"))
        .filter_map(|n| n.text())
        .collect();
    let clean = |text: &str| text.replace('\u{1}', "\u{fffd}");
    for slot in view.slots {
        let (path, from) = (clean(&path(view, slot)), slot.offset_bytes);
        let tip = format!(
            "{path}: [{}; {}], bytes {from}..{}",
            slot.element.name,
            slot.len_elements,
            from + slot.bytes()
        );
        let drawn = tips.iter().any(|t| {
            t.strip_prefix(&*tip)
                .is_some_and(|rest| rest.starts_with(','))
        });
        assert_eq!(drawn, slot.bytes() > 0, "{tip} in {svg}");
    }
    let (width, height) = (
        number(&xml.root_element(), "width"),
        number(&xml.root_element(), "height"),
    );
    for node in xml
        .descendants()
        .filter(|n| n.has_tag_name("rect") && n.has_attribute("x"))
    {
        let [x, y, w, h] = ["x", "y", "width", "height"].map(|name| number(&node, name));
        assert!(
            x >= 0.0 && y >= 0.0 && x + w <= width && y + h <= height,
            "outside: {node:?}"
        );
    }
    map_texts(svg);
}

/// No text lies on another, or outside.
#[track_caller]
fn map_texts(svg: &str) {
    let xml = roxmltree::Document::parse(svg).unwrap();
    let (width, height) = (
        number(&xml.root_element(), "width"),
        number(&xml.root_element(), "height"),
    );
    let texts: Vec<(&str, [f64; 4])> = xml
        .descendants()
        .filter(|n| n.has_tag_name("text"))
        .map(extent)
        .collect();
    for (index, (text, a)) in texts.iter().enumerate() {
        assert!(
            a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= width && a[3] <= height,
            "{text} outside of {svg}"
        );
        for (other, b) in &texts[..index] {
            let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
            assert!(apart, "{text} lies on {other} in {svg}");
        }
    }
}

/// Left, top, right, bottom of a text in a font whose characters are 0.6 of its size wide.
fn extent<'x>(node: roxmltree::Node<'x, 'x>) -> (&'x str, [f64; 4]) {
    let text = node.text().unwrap();
    let size: f64 = node.attribute("font-size").unwrap_or("12").parse().unwrap();
    let (width, above, below) = (
        0.6 * size * text.chars().count() as f64,
        0.75 * size,
        0.2 * size,
    );
    let (x, y) = (number(&node, "x"), number(&node, "y"));
    let left = if node.attribute("text-anchor") == Some("middle") {
        x - width / 2.0
    } else {
        x
    };
    let flat = [left, y - above, left + width, y + below];
    let Some(transform) = node.attribute("transform") else {
        return (text, flat);
    };
    let at = transform
        .strip_prefix("translate(")
        .unwrap()
        .strip_suffix(") rotate(-90)")
        .unwrap();
    let (x, y) = at.split_once(' ').unwrap();
    let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
    (text, [x + flat[1], y - flat[2], x + flat[3], y - flat[0]])
}

fn number(node: &roxmltree::Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

/// The rule of phases: kept buffers meet every other; any two meet if their lives in the innermost common component do.
fn conflict(a: &Slot, b: &Slot) -> bool {
    for (x, y) in a.steps().iter().zip(b.steps()) {
        if x.part != y.part {
            return a.keep || b.keep || (x.from <= y.to && y.from <= x.to);
        }
    }
    unreachable!("two slots at one place");
}

/// Two boxes stand side by side, not both pale, exactly if the buffers must not share bytes.
#[track_caller]
fn rows_show_conflicts(view: &PlanView<'_>) {
    let svg = view.svg();
    if svg.contains("too many") {
        return;
    }
    let xml = roxmltree::Document::parse(&svg).unwrap();
    let title = |node: &roxmltree::Node<'_, '_>| {
        let inner = node.children().find(|inner| inner.has_tag_name("title"));
        inner.and_then(|inner| inner.text()).map(str::to_owned)
    };
    let drawn: Vec<&Slot> = view.slots.iter().filter(|slot| slot.bytes() > 0).collect();
    let mut boxes: Vec<Vec<(f64, f64, bool)>> = vec![];
    for slot in &drawn {
        let start = format!("{}: ", path(view, slot).replace('\u{1}', "\u{fffd}"));
        let rects = xml
            .descendants()
            .filter(|node| title(node).is_some_and(|title| title.starts_with(&start)));
        let extent = |node: roxmltree::Node<'_, '_>| {
            let y = number(&node, "y");
            (
                y,
                y + number(&node, "height"),
                node.attribute("fill-opacity") == Some("1"),
            )
        };
        boxes.push(rects.map(extent).collect());
    }
    for (i, a) in drawn.iter().enumerate() {
        for (j, b) in drawn[..i]
            .iter()
            .enumerate()
            .filter(|(_, b)| b.space == a.space)
        {
            let meet =
                |x: &(f64, f64, bool), y: &(f64, f64, bool)| x.0 < y.1 && y.0 < x.1 && (x.2 || y.2);
            let beside = boxes[i].iter().any(|x| boxes[j].iter().any(|y| meet(x, y)));
            assert_eq!(
                beside,
                conflict(a, b),
                "{} and {} in {svg}",
                path(view, a),
                path(view, b)
            );
        }
    }
}

proptest! {
    #[test]
    fn boxes_side_by_side_are_conflicts(tree in trees()) {
        rows_show_conflicts(&planned(&tree).view());
    }

    #[test]
    fn every_plan(tree in trees()) {
        let plan = planned(&tree);
        map_agrees(&plan.view().svg(), &plan.view());
    }
}

#[test]
fn awkward_names() {
    let plan = awkward();
    map_agrees(&plan.view().svg(), &plan.view());
}

#[test]
fn a_small_map() {
    is_file("export/outer.svg", &OuterPlan::VIEW.svg());
}

#[test]
fn names_longer_than_a_text_are_whole() {
    let long = "n".repeat(700);
    let mut child = RuntimeRegistry::new("Child");
    for end in ["a", "b"] {
        child
            .register(&format!("{long}{end}"), ElementKind::F32, 1, Space::Shared)
            .unwrap();
    }
    let mut made = RuntimeRegistry::new("Long");
    made.merge(&long, child).unwrap();
    let plan = made.plan(on(Arch::Sm90).sequential()).unwrap();
    assert!(
        plan.view()
            .cuda_header("long")
            .contains(&format!("struct {long}b {{"))
    );
    #[cfg(feature = "json")]
    assert_eq!(
        plan.view().json()["slots"][1]["path"],
        format!("{long}.{long}b")
    );
    let svg = plan.view().svg();
    assert!(svg.contains(&format!("<title>{long}.{long}b: ")));
    map_texts(&svg);
}
