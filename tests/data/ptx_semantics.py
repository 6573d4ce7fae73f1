#!/usr/bin/env python3
"""tests/data/ptx_semantics.py [--cases N] [--seed N]: what PTX instructions give, by a model in exact integers and fractions.

Written from the PTX ISA (9.1, sections 9.7.1, 9.7.3, 9.7.4, 9.7.6, 9.7.8, 9.7.9.21) and sharing nothing with the reference device, which
tests/device/semantics.rs holds to it. Prints one line per case: instruction, types of up to three operands and of the result, the operands
and the result in hexadecimal. The committed file is the output with the defaults; for a longer run write another and name it in
BAKELITE_VECTORS. The approximations need mpmath: their lines have the correctly rounded value.
"""
import argparse, math, random
from fractions import Fraction as Fr

arguments = argparse.ArgumentParser()
arguments.add_argument("--cases", type=int, default=8)
arguments.add_argument("--seed", type=int, default=5)
arguments = arguments.parse_args()
random.seed(arguments.seed)

# precision, exponent of the last subnormal bit, exponent bits
FLOATS = {"f16": (11, -24, 5), "bf16": (8, -133, 8), "f32": (24, -149, 8), "f64": (53, -1074, 11)}
NAN = {"f16": 0x7fff, "bf16": 0x7fff, "f32": 0x7fffffff, "f64": 0x7fffffffffffffff}


def width(t):
    return {"bf16": 16, "f16x2": 32, "bf16x2": 32}.get(t) or int(t[1:])


def cut(x, bits):
    return x & ((1 << bits) - 1)


def integer(x, t):
    x = cut(x, width(t))
    return x - (1 << width(t)) if t[0] == "s" and x >> (width(t) - 1) else x


def bounds(t):
    w = width(t)
    return (-(1 << (w - 1)), (1 << (w - 1)) - 1) if t[0] == "s" else (0, (1 << w) - 1)


def infinity(t):
    p, _, e = FLOATS[t]
    return ((1 << e) - 1) << (p - 1)


def magnitude(x, t):
    return cut(x, width(t) - 1)


def negative(x, t):
    return x >> (width(t) - 1) & 1


def is_nan(x, t):
    return magnitude(x, t) > infinity(t)


def value(x, t):
    """Of a finite number, as a fraction."""
    p, least, _ = FLOATS[t]
    m = magnitude(x, t)
    exponent, low = m >> (p - 1), cut(m, p - 1)
    v = Fr(low + (1 << (p - 1) if exponent else 0)) * Fr(2) ** (max(exponent, 1) - 1 + least)
    return -v if negative(x, t) else v


def rounded(v, t, mode="rn", zero=0):
    p, least, e = FLOATS[t]
    sign = width(t) - 1
    if v == 0:
        return zero << sign
    s, a = int(v < 0), abs(v)
    top = a.numerator.bit_length() - a.denominator.bit_length()
    while Fr(2) ** top > a:
        top -= 1
    while Fr(2) ** (top + 1) <= a:
        top += 1
    unit = max(top - p + 1, least)
    m = a / Fr(2) ** unit
    k, rest = m.numerator // m.denominator, m - m.numerator // m.denominator
    k += {"rn": rest > Fr(1, 2) or (rest == Fr(1, 2) and k & 1), "rz": False, "rm": s and rest > 0, "rp": not s and rest > 0}[mode]
    if k >= 1 << p:
        k, unit = k >> 1, unit + 1
    bits = k if k < 1 << (p - 1) else ((unit - least) << (p - 1)) + k
    if bits >= infinity(t):
        to_infinity = {"rn": True, "rz": False, "rm": s, "rp": not s}[mode]
        bits = infinity(t) if to_infinity else infinity(t) - 1
    return s << sign | bits


def flushed(x, t):
    return x & 1 << (width(t) - 1) if magnitude(x, t) < 1 << (FLOATS[t][0] - 1) else x


def arithmetic(op, t, mode, x):
    """add, sub, mul, fma, div, sqrt, rcp by IEEE 754."""
    w, inf = width(t), infinity(t)
    if any(is_nan(v, t) for v in x):
        return NAN[t]
    if op == "sub":
        op, x = "add", [x[0], x[1] ^ 1 << (w - 1)]
    if op == "rcp":
        op, x = "div", [rounded(Fr(1), t), x[0]]
    s, i, z = [negative(v, t) for v in x], [magnitude(v, t) == inf for v in x], [magnitude(v, t) == 0 for v in x]
    of_zero = int(mode == "rm")
    if op == "add":
        if i[0] and i[1] and s[0] != s[1]:
            return NAN[t]
        if i[0] or i[1]:
            return x[0] if i[0] else x[1]
        return rounded(value(x[0], t) + value(x[1], t), t, mode, s[0] if z[0] and z[1] and s[0] == s[1] else of_zero)
    if op == "sqrt":
        if z[0]:
            return x[0]
        if s[0]:
            return NAN[t]
        if i[0]:
            return x[0]
        v, k = value(x[0], t), 400
        n = v.numerator * v.denominator << 2 * k
        r = math.isqrt(n)
        return rounded(Fr(4 * r + (r * r != n), v.denominator << k + 2), t, mode)
    sign = s[0] ^ s[1]
    if op == "div":
        if (i[0] and i[1]) or (z[0] and z[1]):
            return NAN[t]
        if i[0] or z[1]:
            return sign << (w - 1) | inf
        return sign << (w - 1) if i[1] else rounded(value(x[0], t) / value(x[1], t), t, mode, sign)
    if (i[0] and z[1]) or (z[0] and i[1]):
        return NAN[t]
    if op == "mul":
        return sign << (w - 1) | inf if i[0] or i[1] else rounded(value(x[0], t) * value(x[1], t), t, mode, sign)
    if i[0] or i[1]:
        return NAN[t] if i[2] and s[2] != sign else sign << (w - 1) | inf
    if i[2]:
        return x[2]
    product = value(x[0], t) * value(x[1], t)
    same = product == 0 and z[2] and s[2] == sign
    return rounded(product + value(x[2], t), t, mode, sign if same else of_zero)


def extreme(op, t, x, nan=False, xorsign=False):
    sign = negative(x[0], t) ^ negative(x[1], t)
    if xorsign:
        x = [magnitude(v, t) for v in x]
    bad = [is_nan(v, t) for v in x]
    if all(bad) or (nan and any(bad)):
        return NAN[t]
    key = lambda v: -magnitude(v, t) - 1 if negative(v, t) else magnitude(v, t)
    r = x[1] if bad[0] else x[0] if bad[1] else (max if op == "max" else min)(x, key=key)
    return cut(r, width(t) - 1) | sign << (width(t) - 1) if xorsign else r


def saturated(x, t):
    if is_nan(x, t) or negative(x, t):
        return 0
    return min(x, rounded(Fr(1), t))


def relu(x, t):
    return x if is_nan(x, t) else 0 if negative(x, t) else x


def modified(f, t, ftz=False, end=None):
    def g(*x):
        x = [flushed(v, t) for v in x] if ftz else list(x)
        r = f(x)
        r = flushed(r, t) if ftz else r
        return end(r, t) if end else r
    return g


def twice(f):
    return lambda *x: f(*[v >> 16 for v in x]) << 16 | f(*[v & 0xffff for v in x])


def some_integer(w):
    special = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 33, 63, 64, 127, 128, 255, 256, (1 << w) - 1, (1 << w) - 2, 1 << (w - 1), (1 << (w - 1)) - 1, (1 << (w - 1)) + 1]
    draw = random.randrange(4)
    return cut([lambda: random.choice(special), lambda: random.getrandbits(w), lambda: random.getrandbits(w) >> random.randrange(w), lambda: 1 << random.randrange(w)][draw](), w)


def some_float(t):
    p, least, e = FLOATS[t]
    sign, inf, bias = random.getrandbits(1) << (width(t) - 1), infinity(t), (1 << (e - 1)) - 1
    draw = random.randrange(8)
    if draw == 0:
        m = random.choice([0, 1, (1 << (p - 1)) - 1, 1 << (p - 1), (1 << (p - 1)) + 1, inf - 1, inf, inf | 1 << (p - 2), inf | 1])
    elif draw == 1:
        m = random.getrandbits(p - 1)
    elif draw < 6:
        span = min(bias - 1, 20)
        m = (bias + random.randrange(-span, span)) << (p - 1) | random.choice([0, 1, (1 << (p - 1)) - 1, 1 << (p - 2), random.getrandbits(p - 1)])
    else:
        m = random.randrange(inf)
    return sign | m


def draw(t):
    if t in ("f16x2", "bf16x2"):
        return draw(t[:-2]) << 16 | draw(t[:-2])
    return some_float(t) if t in FLOATS else some_integer(width(t))


def register(t):
    return t if t in ("f32", "f64") or t[0] in "us" and t not in ("u8", "s8") else {8: "u16", 16: "b16", 32: "b32", 64: "b64"}[width(t)]


def case(spelling, to, types, f, cases=None, by_hand=()):
    """`spelling` has `#d`, `#x`, .. where operands stand, or none of them."""
    if "#" not in spelling:
        spelling += " #d" + "".join(", #" + "xyz"[i] for i in range(len(types))) + ";"
    names = [register(t) for t in types] + ["b32"] * (3 - len(types)) + [register(to)]
    for k in range(cases or arguments.cases):
        x = list(by_hand[k]) if k < len(by_hand) else [draw(t) for t in types]
        result = f(*x)
        if result is None:
            continue
        print(spelling.replace("#", "%"), *names, *[format(v, "x") for v in x + [0] * (3 - len(x)) + [cut(result, width(to))]], sep="\t")


def trunc_div(a, b):
    q = abs(a) // abs(b)
    return -q if (a < 0) != (b < 0) else q


# Integers.
for w in (16, 32, 64):
    for s in "us":
        t = f"{s}{w}"
        case(f"sad.{t}", t, [t] * 3, lambda x, y, z, t=t: abs(integer(x, t) - integer(y, t)) + z)
        case(f"mul.hi.{t}", t, [t] * 2, lambda x, y, t=t, w=w: integer(x, t) * integer(y, t) >> w)
        case(f"mad.hi.{t}", t, [t] * 3, lambda x, y, z, t=t, w=w: (integer(x, t) * integer(y, t) >> w) + z)
    case(f"cnot.b{w}", f"b{w}", [f"b{w}"], lambda x: int(x == 0), by_hand=[(0,)])
word = lambda v: max(-(1 << 31), min((1 << 31) - 1, v))
S = lambda x: integer(x, "s32")
case("mad.hi.sat.s32", "s32", ["s32"] * 3, lambda x, y, z: word((S(x) * S(y) >> 32) + S(z)))
case("add.sat.s32", "s32", ["s32"] * 2, lambda x, y: word(S(x) + S(y)))
case("sub.sat.s32", "s32", ["s32"] * 2, lambda x, y: word(S(x) - S(y)))
low24 = lambda x, s: cut(x, 24) - (1 << 24 if s == "s" and x >> 23 & 1 else 0)
for s in "us":
    for half in ("lo", "hi"):
        product = lambda x, y, s=s, half=half: low24(x, s) * low24(y, s) >> (16 if half == "hi" else 0)
        case(f"mul24.{half}.{s}32", f"{s}32", [f"{s}32"] * 2, product)
        case(f"mad24.{half}.{s}32", f"{s}32", [f"{s}32"] * 3, lambda x, y, z, f=product: f(x, y) + z)
case("mad24.hi.sat.s32", "s32", ["s32"] * 3, lambda x, y, z: word(S(low24(x, "s") * low24(y, "s") >> 16 & 0xffffffff) + S(z)))
part = lambda x, i, w, s: integer(x >> w * i, f"{s}{w}")
for a in "us":
    for b in "us":
        case(f"dp4a.{a}32.{b}32", "b32", ["b32"] * 3, lambda x, y, z, a=a, b=b: z + sum(part(x, i, 8, a) * part(y, i, 8, b) for i in range(4)))
        for k, half in enumerate(("lo", "hi")):
            case(f"dp2a.{half}.{a}32.{b}32", "b32", ["b32"] * 3, lambda x, y, z, a=a, b=b, k=k: z + sum(part(x, i, 16, a) * part(y, 2 * k + i, 8, b) for i in range(2)))
apart = lambda x, y: [abs(part(x, i, 8, "u") - part(y, i, 8, "u")) for i in range(4)]
case("vabsdiff4.u32.u32.u32", "b32", ["b32"] * 3, lambda x, y, z: sum(v << 8 * i for i, v in enumerate(apart(x, y))))
case("vabsdiff4.u32.u32.u32.add", "b32", ["b32"] * 3, lambda x, y, z: z + sum(apart(x, y)))
for table in (0x00, 0x80, 0x40, 0xfe, 0x1a, 0x96, 0xe8, 0xca, 0xff, 0x01, 0x2d, 0xb4):
    def lop3(x, y, z, table=table):
        return sum((table >> ((x >> i & 1) << 2 | (y >> i & 1) << 1 | (z >> i & 1)) & 1) << i for i in range(32))
    case(f"lop3.b32 #d, #x, #y, #z, {table};", "b32", ["b32"] * 3, lop3, 4)


def prmt(x, y, z, mode):
    k = z & 3
    at = {"f4e": [k, k + 1, k + 2, k + 3], "b4e": [k, (k - 1) & 7, (k - 2) & 7, (k - 3) & 7], "rc8": [k] * 4, "ecl": [max(k, i) for i in range(4)],
          "ecr": [min(k, i) for i in range(4)], "rc16": [2, 3, 2, 3] if k & 1 else [0, 1, 0, 1]}[mode]
    return sum(((x | y << 32) >> 8 * a & 255) << 8 * i for i, a in enumerate(at))


for mode in ("f4e", "b4e", "rc8", "ecl", "ecr", "rc16"):
    case(f"prmt.b32.{mode}", "b32", ["b32"] * 3, lambda x, y, z, mode=mode: prmt(x, y, z, mode))


def szext(x, n, wrap, s):
    n = n & 31 if wrap else min(n, 32)
    low = cut(x, n)
    return low - (1 << n) if s == "s" and n and low >> (n - 1) else low


def bmsk(a, b, wrap):
    a, b = (a & 31, b & 31) if wrap else (min(a, 32), min(b, 32))
    return ((1 << b) - 1) << a


for mode in ("clamp", "wrap"):
    for s in "us":
        case(f"szext.{mode}.{s}32", f"{s}32", ["b32", "u32"], lambda x, y, mode=mode, s=s: szext(x, y, mode == "wrap", s))
    case(f"bmsk.{mode}.b32", "b32", ["u32", "u32"], lambda x, y, mode=mode: bmsk(x, y, mode == "wrap"))


def fns(mask, base, offset):
    if base > 31:
        return None
    offset = S(offset)
    if offset == 0:
        return base if mask >> base & 1 else 0xffffffff
    places = [i for i in (range(base, 32) if offset > 0 else range(base, -1, -1)) if mask >> i & 1]
    return places[abs(offset) - 1] if abs(offset) <= len(places) else 0xffffffff


case("fns.b32", "b32", ["b32", "u32", "s32"], fns, 40, [(0xaaaaaaaa, 3, 1), (0xaaaaaaaa, 3, 0xffffffff), (0xaaaaaaaa, 2, 1), (0xaaaaaaaa, 2, 0xffffffff)]
     + [(random.getrandbits(32), random.randrange(32), random.randrange(-6, 7) & 0xffffffff) for _ in range(30)])
for t in ("b16", "b32", "b64", "f64"):
    case(f"slct.{t}.s32", t, [t, t, "s32"], lambda x, y, z: x if S(z) >= 0 else y)
case("slct.b32.f32", "b32", ["b32", "b32", "f32"], lambda x, y, z: y if is_nan(z, "f32") or (negative(z, "f32") and magnitude(z, "f32")) else x)
order = {"lt": lambda a, b: a < b, "le": lambda a, b: a <= b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b, "eq": lambda a, b: a == b, "ne": lambda a, b: a != b}
for t in ("s32", "u64", "f32", "f64"):
    for to, yes in (("u32", 0xffffffff), ("f32", 0x3f800000)):
        def holds(x, y, f, t=t):
            if t not in FLOATS:
                return f(integer(x, t), integer(y, t))
            if is_nan(x, t) or is_nan(y, t):
                return False
            at = lambda v: (Fr(10) ** 400 if magnitude(v, t) == infinity(t) else abs(value(v, t))) * (-1 if negative(v, t) else 1)
            return f(at(x), at(y))
        for name in ("lt", "ge", "ne"):
            case(f"set.{name}.{to}.{t}", to, [t, t], lambda x, y, f=order[name], yes=yes, h=holds: yes * h(x, y, f), 6)
case("setp.gt.s32 %p2, #z, 0; set.lt.xor.u32.s32 #d, #x, #y, !%p2;", "u32", ["s32"] * 3, lambda x, y, z: 0xffffffff * ((S(x) < S(y)) ^ (not S(z) > 0)))
case("setp.gt.s32 %p2, #z, 0; lop3.or.b32 #d|%p1, #x, #y, #z, 0x80, %p2; selp.b32 #d, 1, #d, %p1;", "u32", ["b32"] * 3,
     lambda x, y, z: 1 if x & y & z or S(z) > 0 else 0)

# Saturation of integers, and floats to all of them.
ALL = [f"{s}{w}" for w in (8, 16, 32, 64) for s in "us"]
held = lambda t, v: cut(v, 16) if width(t) == 8 else v
for to in ALL:
    for of in ALL:
        (least, most), (low, high) = bounds(to), bounds(of)
        if least <= low and high <= most:
            continue
        case(f"cvt.sat.{to}.{of}", "s16" if to == "s8" else "u16" if to == "u8" else to, [of], lambda x, to=to, of=of: held(to, max(bounds(to)[0], min(bounds(to)[1], integer(x, of)))), 8)


def whole(v, mode):
    down = v.numerator // v.denominator
    return {"rni": round(v), "rzi": int(v), "rmi": down, "rpi": -(-v.numerator // v.denominator)}[mode]


def to_integer(x, to, of, mode, ftz=False):
    x = flushed(x, of) if ftz else x
    if is_nan(x, of):
        return 1 << (width(to) - 1) if of == "f64" or width(to) == 64 else 0
    least, most = bounds(to)
    if magnitude(x, of) == infinity(of):
        return least if negative(x, of) else most
    return max(least, min(most, whole(value(x, of), mode)))


for of in ("f32", "f64", "f16", "bf16"):
    for to in ALL if of != "bf16" else ["s32", "u16"]:
        for mode in ("rni", "rzi", "rmi", "rpi"):
            f = lambda x, to=to, of=of, mode=mode: held(to, integer(to_integer(x, to, of, mode), to))
            case(f"cvt.{mode}.{to}.{of}", "s16" if to == "s8" else "u16" if to == "u8" else to, [of], f, 6)
for to in ("s32", "u64"):
    case(f"cvt.rmi.ftz.{to}.f32", to, ["f32"], lambda x, to=to: to_integer(x, to, "f32", "rmi", True))

# f32 with .ftz and .sat, f64 and f32 as fma.
for op, n in (("add", 2), ("sub", 2), ("mul", 2), ("fma", 3), ("div", 2), ("sqrt", 1), ("rcp", 1)):
    for mode in ("rn", "rz", "rm", "rp"):
        f = lambda x, op=op, mode=mode: arithmetic(op, "f32", mode, x)
        case(f"{op}.{mode}.ftz.f32", "f32", ["f32"] * n, modified(f, "f32", ftz=True))
        if op in ("add", "sub", "mul", "fma"):
            case(f"{op}.{mode}.sat.f32", "f32", ["f32"] * n, modified(f, "f32", end=saturated))
            case(f"{op}.{mode}.ftz.sat.f32", "f32", ["f32"] * n, modified(f, "f32", ftz=True, end=saturated), 6)
for t in ("f32", "f64"):
    for mode in ("rn", "rp"):
        case(f"mad.{mode}.{t}", t, [t] * 3, lambda *x, t=t, mode=mode: arithmetic("fma", t, mode, x))
sign = 1 << 31
case("neg.ftz.f32", "f32", ["f32"], modified(lambda x: x[0] ^ sign, "f32", ftz=True))
case("abs.ftz.f32", "f32", ["f32"], modified(lambda x: x[0] & ~sign, "f32", ftz=True))
for op in ("min", "max"):
    case(f"{op}.ftz.f32", "f32", ["f32"] * 2, modified(lambda x, op=op: extreme(op, "f32", x), "f32", ftz=True))
    for spelling, nan, xorsign in ((".NaN", True, False), (".xorsign.abs", False, True), (".NaN.xorsign.abs", True, True)):
        f = lambda x, op=op, nan=nan, xorsign=xorsign: extreme(op, "f32", x, nan, xorsign)
        case(f"{op}{spelling}.f32", "f32", ["f32"] * 2, modified(f, "f32"))
        case(f"{op}.ftz{spelling}.f32", "f32", ["f32"] * 2, modified(f, "f32", ftz=True), 6)
for t in ("f32", "f64"):
    low = width(t) - 1
    case(f"copysign.{t}", t, [t] * 2, lambda x, y, low=low: x >> low << low | cut(y, low))
    p = FLOATS[t][0]
    tests = {"finite": lambda m, i, n: m < i, "infinite": lambda m, i, n: m == i, "number": lambda m, i, n: m <= i, "notanumber": lambda m, i, n: m > i,
             "normal": lambda m, i, n: n <= m < i or m == 0, "subnormal": lambda m, i, n: 0 < m < n}
    for name, f in tests.items():
        case(f"testp.{name}.{t} %p1, #x; selp.u32 #d, 1, 0, %p1;", "u32", [t], lambda x, f=f, t=t, p=p: int(f(magnitude(x, t), infinity(t), 1 << (p - 1))))
case("cvt.sat.f32.f32", "f32", ["f32"], lambda x: saturated(x, "f32"))
case("cvt.ftz.f32.f32", "f32", ["f32"], lambda x: flushed(x, "f32"))
case("cvt.ftz.sat.f32.f32", "f32", ["f32"], lambda x: saturated(flushed(x, "f32"), "f32"))
case("cvt.sat.f64.f64", "f64", ["f64"], lambda x: saturated(x, "f64"))


def convert(x, to, of, mode="rn"):
    if of not in FLOATS:
        return rounded(Fr(integer(x, of)), to, mode)
    if is_nan(x, of):
        return NAN[to]
    if magnitude(x, of) == infinity(of):
        return negative(x, of) << (width(to) - 1) | infinity(to)
    return rounded(value(x, of), to, mode, negative(x, of))


case("cvt.ftz.f64.f32", "f64", ["f32"], lambda x: convert(flushed(x, "f32"), "f64", "f32"))
case("cvt.rn.ftz.f32.f64", "f32", ["f64"], lambda x: flushed(convert(x, "f32", "f64"), "f32"))
case("cvt.rn.sat.f32.f64", "f32", ["f64"], lambda x: saturated(convert(x, "f32", "f64"), "f32"))
case("cvt.rn.sat.f32.s32", "f32", ["s32"], lambda x: saturated(convert(x, "f32", "s32"), "f32"), 6)
for name, f in order.items():
    def compare(x, y, f=f):
        x, y = flushed(x, "f32"), flushed(y, "f32")
        return int(not is_nan(x, "f32") and not is_nan(y, "f32") and f(*[-magnitude(v, "f32") if negative(v, "f32") else magnitude(v, "f32") for v in (x, y)]))
    case(f"setp.{name}.ftz.f32 %p1, #x, #y; selp.u32 #d, 1, 0, %p1;", "u32", ["f32"] * 2, compare, 20, [(1, sign), (0x7fffff, 0), (0x800000, 0)])

# Halves.
for t in ("f16", "bf16"):
    for op, n in (("add", 2), ("sub", 2), ("mul", 2), ("fma", 3)):
        f = lambda x, op=op, t=t: arithmetic(op, t, "rn", x)
        for packed in (False, True):
            shape = twice if packed else (lambda f: f)
            p = t + "x2" if packed else t
            case(f"{op}.rn.{p}", p, [p] * n, shape(modified(f, t)), 30)
            if t == "f16":
                case(f"{op}.rn.ftz.{p}", p, [p] * n, shape(modified(f, t, ftz=True)))
                case(f"{op}.rn.sat.{p}", p, [p] * n, shape(modified(f, t, end=saturated)))
            if op == "fma":
                case(f"{op}.rn.relu.{p}", p, [p] * n, shape(modified(f, t, end=relu)))
    for packed in (False, True):
        shape = twice if packed else (lambda f: f)
        p = t + "x2" if packed else t
        number = lambda f, t=t: lambda x: None if is_nan(x, t) else f(x)
        case(f"neg.{p}", p, [p], shape(lambda x: x ^ 0x8000))
        case(f"abs.{p}", p, [p], shape(lambda x: x & 0x7fff))
        for op in ("min", "max"):
            case(f"{op}.{p}", p, [p] * 2, shape(modified(lambda x, op=op, t=t: extreme(op, t, x), t)))
            case(f"{op}.NaN.{p}", p, [p] * 2, shape(modified(lambda x, op=op, t=t: extreme(op, t, x, True), t)))
            case(f"{op}.xorsign.abs.{p}", p, [p] * 2, shape(modified(lambda x, op=op, t=t: extreme(op, t, x, False, True), t)))
    for of in ["f32", "f64"] + ALL[2:]:
        for mode in ("rn", "rz", "rm", "rp"):
            case(f"cvt.{mode}.{t}.{of}", t, [of], lambda x, t=t, of=of, mode=mode: convert(x, t, of, mode), 20 if of[0] == "f" else 5)
    case(f"cvt.rn.relu.{t}.f32", t, ["f32"], lambda x, t=t: relu(convert(x, t, "f32"), t))
    for mode in ("rn", "rz"):
        case(f"cvt.{mode}.{t}x2.f32", t + "x2", ["f32"] * 2, lambda x, y, t=t, mode=mode: convert(x, t, "f32", mode) << 16 | convert(y, t, "f32", mode))
    case(f"cvt.f32.{t}", "f32", [t], lambda x, t=t: convert(x, "f32", t), 24)
    case(f"cvt.f64.{t}", "f64", [t], lambda x, t=t: convert(x, "f64", t))
    for mode in ("rni", "rzi", "rmi", "rpi"):
        def integral(x, t=t, mode=mode):
            if is_nan(x, t):
                return NAN[t]
            return x if magnitude(x, t) == infinity(t) else rounded(Fr(whole(value(x, t), mode)), t, "rn", negative(x, t))
        case(f"cvt.{mode}.{t}.{t}", t, [t], integral)
    for name, f in order.items():
        def compare(x, y, f=f, t=t):
            key = [-magnitude(v, t) if negative(v, t) else magnitude(v, t) for v in (x, y)]
            return not is_nan(x, t) and not is_nan(y, t) and f(*key)
        case(f"setp.{name}.{t} %p1, #x, #y; selp.u32 #d, 1, 0, %p1;", "u32", [t] * 2, lambda x, y, c=compare: int(c(x, y)), 10)
        case(f"setp.{name}.{t}x2 %p1|%p2, #x, #y; selp.u32 #d, 1, 0, %p1; selp.u32 #d, 3, #d, %p2;", "u32", [t + "x2"] * 2,
             lambda x, y, c=compare: 3 if c(x >> 16, y >> 16) else int(c(x & 0xffff, y & 0xffff)), 6)
        one = rounded(Fr(1), t)
        case(f"set.{name}.{t}x2.{t}x2", t + "x2", [t + "x2"] * 2, twice(lambda x, y, c=compare, one=one: one * c(x, y)), 6)
        case(f"set.{name}.u32.{t}", "u32", [t] * 2, lambda x, y, c=compare: 0xffffffff * c(x, y), 4)
        case(f"set.{name}.u32.{t}x2", "u32", [t + "x2"] * 2, twice(lambda x, y, c=compare: 0xffff * c(x, y)), 4)
case("cvt.rn.bf16.f16", "bf16", ["f16"], lambda x: convert(x, "bf16", "f16"))
case("cvt.rz.f16.bf16", "f16", ["bf16"], lambda x: convert(x, "f16", "bf16", "rz"))
case("cvt.sat.f32.f16", "f32", ["f16"], lambda x: saturated(convert(x, "f32", "f16"), "f32"))
case("cvt.rn.ftz.f16.f32", "f16", ["f32"], lambda x: convert(flushed(x, "f32"), "f16", "f32"))
case("cvt.rn.sat.f16.f32", "f16", ["f32"], lambda x: saturated(convert(x, "f16", "f32"), "f16"))

# Approximations: the correctly rounded value.
import mpmath

mpmath.mp.prec = 300


def nearest(v, t):
    """Of an mpmath number."""
    if mpmath.isnan(v):
        return NAN[t]
    if mpmath.isinf(v):
        return int(v < 0) << (width(t) - 1) | infinity(t)
    sign, man, exp, _ = v._mpf_
    f = Fr(int(man)) * Fr(2) ** int(exp)
    return rounded(-f if sign else f, t)


def approximate(x, f, t="f32", specials=None):
    """`specials`: results of -inf, negative, -0, +0, +inf; None: the function has one."""
    if is_nan(x, t):
        return NAN[t]
    m, s = magnitude(x, t), negative(x, t)
    which = 0 if s and m == infinity(t) else 4 if m == infinity(t) else (2 if s else 3) if m == 0 else 1 if s else None
    if which is not None and specials and specials[which] is not None:
        return specials[which]
    v = value(x, t)
    return nearest(f(mpmath.mpf(v.numerator) / v.denominator), t)


N, I, MI, ONE = NAN["f32"], infinity("f32"), infinity("f32") | sign, 0x3f800000
exp2 = lambda v: mpmath.inf if v > 2000 else mpmath.mpf(0) if v < -2000 else mpmath.power(2, v)
FUNCTIONS = {
    "ex2": (exp2, [0, None, ONE, ONE, I]),
    "lg2": (lambda v: mpmath.log(v) / mpmath.log(2), [N, N, MI, MI, I]),
    "sin": (mpmath.sin, [N, None, sign, 0, N]),
    "cos": (mpmath.cos, [N, None, ONE, ONE, N]),
    "rcp": (lambda v: 1 / v, [sign, None, MI, I, 0]),
    "sqrt": (mpmath.sqrt, [N, N, sign, 0, I]),
    "rsqrt": (lambda v: 1 / mpmath.sqrt(v), [N, N, MI, I, 0]),
    "tanh": (mpmath.tanh, [ONE | sign, None, sign, 0, ONE]),
}
for name, (f, specials) in FUNCTIONS.items():
    def model(x, ftz, f=f, specials=specials, name=name):
        x = flushed(x, "f32") if ftz else x
        # no more than a best effort is promised there
        if name in ("sin", "cos") and magnitude(x, "f32") != infinity("f32") and not is_nan(x, "f32") and abs(value(x, "f32")) > 10**13:
            return None
        r = approximate(x, f, "f32", specials)
        return flushed(r, "f32") if ftz else r
    points = [(int(random.getrandbits(1)) << 31 | random.randrange(0x3c000000, 0x43000000),) for _ in range(40)]
    case(f"{name}.approx.f32", "f32", ["f32"], lambda x, m=model: m(x, False), 60, points)
    if name != "tanh":
        case(f"{name}.approx.ftz.f32", "f32", ["f32"], lambda x, m=model: m(x, True), 30, points[:12])


def divide(x, y):
    m = magnitude(y, "f32")
    if 0x7e800000 < m < I and not is_nan(x, "f32"):
        return N if magnitude(x, "f32") == I else (x ^ y) & sign
    return arithmetic("div", "f32", "rn", [x, y])


case("div.approx.f32", "f32", ["f32"] * 2, divide, 40, [(ONE, 0x7e800000), (ONE, 0x7e800001), (I, 0xff000000), (0xff000000, 0x7f7fffff)])
case("div.full.f32", "f32", ["f32"] * 2, lambda x, y: arithmetic("div", "f32", "rn", [x, y]), 20)
case("rsqrt.approx.f64", "f64", ["f64"], lambda x: approximate(x, lambda v: 1 / mpmath.sqrt(v), "f64", [NAN["f64"], NAN["f64"], infinity("f64") | 1 << 63, infinity("f64"), 0]), 40)
for op in ("add", "sub", "mul"):
    for t in ("f32", "f64", "f16", "bf16"):
        case(f"{op}.{t}", t, [t] * 2, lambda *x, op=op, t=t: arithmetic(op, t, "rn", x), 6)
    case(f"{op}.ftz.f32", "f32", ["f32"] * 2, modified(lambda x, op=op: arithmetic(op, "f32", "rn", x), "f32", ftz=True), 6)
case("mul.ftz.sat.f32", "f32", ["f32"] * 2, modified(lambda x: arithmetic("mul", "f32", "rn", x), "f32", ftz=True, end=saturated), 6)
for t in ("f16", "bf16"):
    half = lambda x, f, specials, t=t: approximate(x, f, t, specials)
    one, inf = rounded(Fr(1), t), infinity(t)
    case(f"tanh.approx.{t}", t, [t], lambda x, h=half, one=one: h(x, mpmath.tanh, [one | 0x8000, None, 0x8000, 0, one]), 20)
    ftz, flush = (".ftz", lambda x: flushed(x, "bf16")) if t == "bf16" else ("", lambda x: x)
    case(f"ex2.approx{ftz}.{t}", t, [t], lambda x, h=half, one=one, inf=inf, flush=flush: flush(h(flush(x), exp2, [0, None, one, one, inf])), 20)
