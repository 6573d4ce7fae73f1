//! Checks that the keys and the tree of a component agree. [`registry!`](crate::registry) makes both from one text. By
//! hand, one can be changed without the other; then offsets would be those of another buffer, or lie outside the space.

use core::marker::PhantomData;

use crate::layout::{
    Code, Element, ElementKind, Extent, Fault, Has, Hosts, Kind, Node, Part, Registry, text,
};

/// Buffer `K` of component `C`. Its constants are evaluated once for each pair of `K` and `C`.
pub(in crate::layout) struct Buffer<C, K>(PhantomData<fn() -> (C, K)>);

impl<C: Has<K>, K> Buffer<C, K> {
    /// The part with this key, after a check that it is that buffer.
    pub(in crate::layout) const PART: usize = {
        let kind = <C::Element as Element>::KIND;
        if !same_element(&kind, &ElementKind::of::<C::Element>(kind.name)) {
            untrue(&kind, &ElementKind::of::<C::Element>("")).panic()
        }
        match check_buffer(C::NODE, <C as Has<K>>::PART, &kind, C::Len::LEN) {
            None => <C as Has<K>>::PART,
            Some(f) => f.panic(),
        }
    };
}

/// Child `K` of component `C`, like [`Buffer`].
pub(in crate::layout) struct Child<C, K>(PhantomData<fn() -> (C, K)>);

impl<C: Hosts<K>, K> Child<C, K> {
    /// The part with this key, after a check that it is that child.
    pub(in crate::layout) const PART: usize =
        match check_child(C::NODE, <C as Hosts<K>>::PART, <C::Child as Registry>::NODE) {
            None => <C as Hosts<K>>::PART,
            Some(f) => f.panic(),
        };
}

const fn check_buffer(
    node: &Node<'_>,
    part: usize,
    element: &ElementKind,
    len: usize,
) -> Option<Fault> {
    if part >= node.parts.len() {
        return Some(beyond(node, "Has", part));
    }
    let p = &node.parts[part];
    let Kind::Buffer {
        element: declared,
        len: declared_len,
        ..
    } = &p.kind
    else {
        let mut f = start(node, "Has", part, p);
        f.text
            .put("`, which is a child\n  help: implement `Hosts` for its key, or give `PART` the number of a buffer, which counts from 0");
        return Some(f);
    };
    if same_element(element, declared) && len == *declared_len {
        return None;
    }
    let mut f = start(node, "Has", part, p);
    put_shape(&mut f, "`, and says [", element, len);
    put_shape(&mut f, "], where the tree has [", declared, *declared_len);
    f.text
        .put("]\n  help: give `Element` and `Len` as in `NODE`, and as `PART` the number of the part there, from 0");
    Some(f)
}

const fn check_child(node: &Node<'_>, part: usize, child: &Node<'_>) -> Option<Fault> {
    if part >= node.parts.len() {
        return Some(beyond(node, "Hosts", part));
    }
    let p = &node.parts[part];
    let Kind::Child(declared) = &p.kind else {
        let mut f = start(node, "Hosts", part, p);
        f.text
            .put("`, which is a buffer\n  help: implement `Has` for its key, or give `PART` the number of a child, which counts from 0");
        return Some(f);
    };
    let Some(differs) = difference(child, declared) else {
        return None;
    };
    let mut f = start(node, "Hosts", part, p);
    f.text
        .put("`, and says `")
        .name(child.name)
        .put("`, where the tree has a `")
        .name(declared.name)
        .put("` that differs at `")
        .name(differs)
        .put("`\n  help: give `Child` the type that `NODE` has there, with the same parameters");
    Some(f)
}

const fn start(node: &Node<'_>, implements: &str, part: usize, p: &Part<'_>) -> Fault {
    let mut f = Fault::new(Code::Inconsistent);
    f.text
        .put("`impl ")
        .put(implements)
        .put("` for `")
        .name(node.name)
        .put("`: its key is part ")
        .num(part)
        .put(", `")
        .name(p.name);
    f
}

const fn beyond(node: &Node<'_>, implements: &str, part: usize) -> Fault {
    let mut f = Fault::new(Code::Inconsistent);
    f.text
        .put("`impl ")
        .put(implements)
        .put("` for `")
        .name(node.name)
        .put("`: its key is part ")
        .num(part)
        .put(", and the tree has ")
        .num(node.parts.len())
        .put(" part(s)\n  help: `PART` counts the parts of `NODE` from 0, buffers and children alike");
    f
}

/// The fault for an element type whose real size or alignment is not what it says. Its `unsafe impl` promised the
/// opposite.
const fn untrue(says: &ElementKind, is: &ElementKind) -> Fault {
    let mut f = Fault::new(Code::BadElement);
    f.text
        .put("element `")
        .name(says.name)
        .put("` says that it has ")
        .num(says.bytes)
        .put(" bytes, aligned to ")
        .num(says.align)
        .put(", and has ")
        .num(is.bytes)
        .put(", aligned to ")
        .num(is.align)
        .put("\n  help: write `KIND` with `ElementKind::of`");
    f
}

const fn put_shape(f: &mut Fault, before: &str, element: &ElementKind, len: usize) {
    f.text.put(before).name(element.name).put("; ").num(len);
}

const fn same_element(a: &ElementKind, b: &ElementKind) -> bool {
    a.bytes == b.bytes && a.align == b.align && text::eq(a.name, b.name)
}

/// Compares two trees as far as a plan can see them. Returns the name of the first part, or of the component, where
/// they differ.
const fn difference<'n>(a: &Node<'n>, b: &Node<'n>) -> Option<&'n str> {
    let heads = text::eq(a.name, b.name)
        && a.since_sm == b.since_sm
        && a.phases.len() == b.phases.len()
        && a.barriers.len() == b.barriers.len();
    if !heads {
        return Some(b.name);
    }
    let mut i = 0;
    while i < a.phases.len() {
        if !text::eq(a.phases[i], b.phases[i]) {
            return Some(b.name);
        }
        i += 1;
    }
    let mut i = 0;
    while i < a.barriers.len() {
        if a.barriers[i] != b.barriers[i] {
            return Some(b.name);
        }
        i += 1;
    }
    let mut i = 0;
    while i < a.parts.len() && i < b.parts.len() {
        let (x, y) = (&a.parts[i], &b.parts[i]);
        if !same_part(x, y) {
            return Some(y.name);
        }
        if let (Kind::Child(x), Kind::Child(y)) = (&x.kind, &y.kind)
            && let Some(below) = difference(x, y)
        {
            return Some(below);
        }
        i += 1;
    }
    if a.parts.len() == b.parts.len() {
        None
    } else {
        Some(b.name)
    }
}

/// Whether two parts are the same, apart from what is below a child.
const fn same_part(a: &Part<'_>, b: &Part<'_>) -> bool {
    let alike = text::eq(a.name, b.name)
        && text::eq(a.over, b.over)
        && a.from == b.from
        && a.to == b.to
        && a.on == b.on
        && a.keep == b.keep;
    alike
        && match (&a.kind, &b.kind) {
            (
                Kind::Buffer {
                    element: x,
                    len: n,
                    space: s,
                    auto: u,
                },
                Kind::Buffer {
                    element: y,
                    len: m,
                    space: t,
                    auto: v,
                },
            ) => same_element(x, y) && *n == *m && s.is(*t) && *u == *v,
            (Kind::Child(_), Kind::Child(_)) => true,
            _ => false,
        }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::layout::{Shared, Space, buffer};
    use alloc::{borrow::ToOwned, vec::Vec};
    use typenum::consts::{U3, U6};

    const LEAF: Node<'static> =
        Node::group("Leaf", &["q"], &[buffer::<f32, U3, Shared>("x")]).barriers(&[0]);
    const ROOT: Node<'static> = Node::group(
        "Root",
        &["first", "second"],
        &[
            buffer::<f64, U6, Shared>("a").live(0..=0),
            Part {
                kind: Kind::Child(&LEAF),
                ..buffer::<f32, U3, Shared>("leaf")
            },
        ],
    );

    /// Every mistake that an `impl Has` can make, and how the message about it starts.
    #[test]
    fn buffers() {
        let (f32, f64) = (ElementKind::F32, ElementKind::F64);
        let renamed = ElementKind { name: "f65", ..f64 };
        let turned = ElementKind { align: 4, ..f64 };
        let longer = ElementKind { bytes: 16, ..f64 };
        assert!(check_buffer(&ROOT, 0, &f64, 6).is_none());
        let start = "`impl Has` for `Root`: its key is part ";
        for (part, element, len, words) in [
            (
                0,
                f64,
                7,
                "0, `a`, and says [f64; 7], where the tree has [f64; 6]\n  help: ",
            ),
            (
                0,
                f32,
                6,
                "0, `a`, and says [f32; 6], where the tree has [f64; 6]\n  help: ",
            ),
            (0, renamed, 6, "0, `a`, and says [f65; 6], where"),
            (0, turned, 6, "0, `a`, and says [f64; 6], where"),
            (0, longer, 6, "0, `a`, and says [f64; 6], where"),
            (1, f32, 3, "1, `leaf`, which is a child\n  help: "),
            (2, f64, 6, "2, and the tree has 2 part(s)\n  help: "),
            (
                usize::MAX,
                f64,
                6,
                "18446744073709551615, and the tree has 2 part(s)",
            ),
        ] {
            let f = check_buffer(&ROOT, part, &element, len).unwrap();
            assert_eq!(f.code, Code::Inconsistent);
            assert!(f.text().starts_with(&(start.to_owned() + words)), "{f}");
        }
    }

    /// Every field of the tree below is compared: each is changed by itself.
    #[test]
    fn children() {
        assert!(check_child(&ROOT, 1, &LEAF).is_none());
        let x = LEAF.parts[0];
        let kind = |element, len, space, auto| Kind::Buffer {
            element,
            len,
            space,
            auto,
        };
        let (f32, shared) = (ElementKind::F32, Space::Shared);
        let parts = [
            Part { name: "y", ..x },
            Part { from: 1, ..x },
            Part { to: 0, ..x },
            Part { on: false, ..x },
            Part { keep: true, ..x },
            Part { over: "x", ..x },
            Part {
                kind: kind(ElementKind::I32, 3, shared, false),
                ..x
            },
            Part {
                kind: kind(f32, 4, shared, false),
                ..x
            },
            Part {
                kind: kind(f32, 3, Space::Local, false),
                ..x
            },
            Part {
                kind: kind(f32, 3, shared, true),
                ..x
            },
            Part {
                kind: Kind::Child(&LEAF),
                ..x
            },
        ];
        let parts = parts.map(|part| [part]);
        let mut others: Vec<Node<'_>> = parts.iter().map(|parts| Node { parts, ..LEAF }).collect();
        others.extend([
            Node {
                name: "Twig",
                ..LEAF
            },
            Node {
                phases: &["p"],
                ..LEAF
            },
            Node {
                phases: &[],
                ..LEAF
            },
            Node {
                barriers: &[1],
                ..LEAF
            },
            Node {
                barriers: &[],
                ..LEAF
            },
            Node {
                since_sm: 80,
                ..LEAF
            },
            Node { parts: &[], ..LEAF },
        ]);
        for other in &others {
            let f = check_child(&ROOT, 1, other).unwrap();
            assert_eq!(f.code, Code::Inconsistent);
            assert!(
                f.text()
                    .contains("where the tree has a `Leaf` that differs at `"),
                "{f}"
            );
            // and one level further down
            let inner = [Part {
                kind: Kind::Child(other),
                ..x
            }];
            let same = [Part {
                kind: Kind::Child(&LEAF),
                ..x
            }];
            let (inner, same) = (
                Node {
                    parts: &inner,
                    ..LEAF
                },
                Node {
                    parts: &same,
                    ..LEAF
                },
            );
            assert!(difference(&inner, &same).is_some() && difference(&same, &same).is_none());
        }
        assert!(
            check_child(&ROOT, 0, &LEAF)
                .unwrap()
                .text()
                .contains("`a`, which is a buffer\n  help: ")
        );
        assert!(
            check_child(&ROOT, 2, &LEAF)
                .unwrap()
                .text()
                .contains("the tree has 2 part(s)\n  help: ")
        );
    }
}
