//! That keys and tree of a component agree. [`registry!`](crate::registry) makes both from one text; by hand, one can be changed without
//! the other, and offsets would be those of another buffer, or beyond the space.

use core::marker::PhantomData;

use super::{
    Code, Element, ElementKind, Extent, Fault, Has, Hosts, Kind, Node, Part, Registry, text,
};

/// Buffer `K` of component `C`. Its constants are evaluated once for each pair.
pub(super) struct Buffer<C, K>(PhantomData<fn() -> (C, K)>);

impl<C: Has<K>, K> Buffer<C, K> {
    /// The part with this key, once it is known to be that buffer.
    pub(super) const PART: usize = {
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

/// Child `K` of component `C`; as [`Buffer`].
pub(super) struct Child<C, K>(PhantomData<fn() -> (C, K)>);

impl<C: Hosts<K>, K> Child<C, K> {
    /// The part with this key, once it is known to be that child.
    pub(super) const PART: usize =
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
    if same_tree(child, declared) {
        return None;
    }
    let mut f = start(node, "Hosts", part, p);
    f.text
        .put("`, and says `")
        .name(child.name)
        .put("` (")
        .num(child.count())
        .put(" buffers), where the tree has another component, `")
        .name(declared.name)
        .put("` (")
        .num(declared.count())
        .put(" buffers)\n  help: give `Child` the type that `NODE` has there, with the same parameters");
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

/// An element type whose size is not what it says, against the promise of its `unsafe impl`.
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

/// Whether two components are one as far as a plan can tell.
const fn same_tree(a: &Node<'_>, b: &Node<'_>) -> bool {
    let heads = text::eq(a.name, b.name)
        && a.since_sm == b.since_sm
        && a.phases.len() == b.phases.len()
        && a.barriers.len() == b.barriers.len()
        && a.parts.len() == b.parts.len();
    if !heads {
        return false;
    }
    let mut i = 0;
    while i < a.phases.len() {
        if !text::eq(a.phases[i], b.phases[i]) {
            return false;
        }
        i += 1;
    }
    let mut i = 0;
    while i < a.barriers.len() {
        if a.barriers[i] != b.barriers[i] {
            return false;
        }
        i += 1;
    }
    let mut i = 0;
    while i < a.parts.len() {
        if !same_part(&a.parts[i], &b.parts[i]) {
            return false;
        }
        i += 1;
    }
    true
}

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
            (Kind::Child(x), Kind::Child(y)) => same_tree(x, y),
            _ => false,
        }
}
