"""edwards25519 (RFC 8032) and ristretto255 (RFC 9496) on Python integers; slow, not constant time."""

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(a, b):
    """Extended coordinates, RFC 8032 5.1.4."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    m, n = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def neg(a):
    return -a[0] % P, a[1], a[2], -a[3] % P


def mul(scalar, point):
    out = NEUTRAL
    while scalar:
        if scalar & 1:
            out = add(out, point)
        point, scalar = add(point, point), scalar >> 1
    return out


def same(a, b):
    """Equal as points of edwards25519."""
    return not (a[0] * b[2] - b[0] * a[2]) % P and not (a[1] * b[2] - b[1] * a[2]) % P


def decode(data):
    """RFC 8032 5.1.3 without any further rule: y below p, x from the curve; else None."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * SQRT_M1 % P
    elif v * x * x % P != u:
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def encode(point):
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


G = decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


# ristretto255

def _odd(x):
    return x % P & 1


def _abs(x):
    return -x % P if _odd(x) else x % P


def _root(numerator, square):
    """SQRT(x^2) of a known square, the even one."""
    was_square, root = sqrt_ratio(numerator, square)
    assert was_square, "the constant is a square"
    return root


def sqrt_ratio(u, v):
    """SQRT_RATIO_M1, RFC 9496 4.2."""
    u, v = u % P, v % P
    r = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * r * r % P
    correct, flipped = check == u, check == -u % P
    flipped_i = check == -u * SQRT_M1 % P
    if flipped or flipped_i:
        r = r * SQRT_M1 % P
    return correct or flipped, _abs(r)


INVSQRT_A_MINUS_D = _root(1, -1 - D)
# RFC 9496 4.1 lists the odd one of the two roots.
SQRT_AD_MINUS_ONE = -_root(-D - 1, 1) % P


def r_decode(data):
    """RFC 9496 4.3.1; None for what is not canonical, and for the identity."""
    s = int.from_bytes(data, "little")
    if s >= P or _odd(s) or s == 0:
        return None
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    square, inverse = sqrt_ratio(1, v * u2 * u2)
    den_x = inverse * u2 % P
    den_y = inverse * den_x * v % P
    x, y = _abs(2 * s * den_x), u1 * den_y % P
    t = x * y % P
    return None if not square or _odd(t) or y == 0 else (x, y, 1, t)


def r_encode(point):
    """RFC 9496 4.3.2."""
    x, y, z, t = point
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    _, inverse = sqrt_ratio(1, u1 * u2 * u2)
    den1, den2 = inverse * u1 % P, inverse * u2 % P
    z_inverse = den1 * den2 * t % P
    if _odd(t * z_inverse):
        x, y, den = y * SQRT_M1 % P, x * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    else:
        den = den2
    if _odd(x * z_inverse):
        y = -y
    return _abs(den * (z - y)).to_bytes(32, "little")


def _element(half):
    """MAP of RFC 9496 4.3.4."""
    t = int.from_bytes(half, "little") % (1 << 255) % P
    r = SQRT_M1 * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = sqrt_ratio(u, v)
    if not square:
        s = -_abs(s * t) % P
    c = -1 if square else r
    n = (c * (r - 1) * (D - 1) ** 2 - v) % P
    w0, w1 = 2 * s * v, n * SQRT_AD_MINUS_ONE
    w2, w3 = 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def r_from_bytes(data):
    """A point from 64 uniform bytes."""
    return add(_element(data[:32]), _element(data[32:]))
