#!/usr/bin/env python3
"""Print the constants that random.c and mathfn.c draw with.

    python3 sim/kernel/ziggurat_tables.py > sim/kernel/ziggurat_tables.h
    python3 sim/kernel/ziggurat_tables.py exp > sim/kernel/exp_tables.h

Everything is worked out in 50-digit decimal arithmetic and rounded once, so the output is the
same bytes on every machine. Python's standard library only.

Ziggurat (Marsaglia and Tsang 2000): 256 layers of equal area `v` under a decreasing density
f with f(0) = 1. x[1] = r is where the tail starts, x[0] = v / f(r) the width of a rectangle
with the area of the bottom strip and the tail together, x[i + 1] = f^-1(f(x[i]) + v / x[i]),
and r is the one start for which x[256] = 0. A layer is stored as
    inside = floor(2^53 x[i + 1] / x[i])   a 53-bit draw below it is under the curve for certain
    width  = x[i] / 2^53                   what turns that draw into the value
"""
import sys
from decimal import Decimal, getcontext

LAYERS = 256
EXP_STEPS = 64
getcontext().prec = 50
ZERO, ONE, TWO = Decimal(0), Decimal(1), Decimal(2)


def pi():
    """Machin (1706): pi = 16 atan(1/5) - 4 atan(1/239)."""

    def atan_inverse(n):
        total, power, k = ZERO, ONE / n, 1
        while power > Decimal(10) ** -60:
            total += power / k if k % 4 == 1 else -power / k
            power /= n * n
            k += 2
        return total

    return 16 * atan_inverse(5) - 4 * atan_inverse(239)


HALF_PI_ROOT = (pi() / 2).sqrt()


def normal_tail(r):
    """The integral of exp(-x^2/2) above r: sqrt(pi/2) less the Maclaurin series up to r."""
    total, term, k = ZERO, r, 0
    while abs(term) > Decimal(10) ** -45:
        total += term / (2 * k + 1)
        k += 1
        term *= -r * r / (2 * k)
    return HALF_PI_ROOT - total


class Exponential:
    name, low, high = "exponential", Decimal("7.6"), Decimal("7.8")

    def density(self, x):
        return (-x).exp()

    def inverse(self, y):
        return -y.ln()

    def tail(self, r):
        return (-r).exp()


class Normal:
    name, low, high = "normal", Decimal("3.6"), Decimal("3.7")

    def density(self, x):
        return (-x * x / 2).exp()

    def inverse(self, y):
        return (-2 * y.ln()).sqrt()

    def tail(self, r):
        return normal_tail(r)


def edges(law, r):
    """x[0..256] started from r, or None where the layers pass the top of the curve early."""
    area = r * law.density(r) + law.tail(r)
    height = law.density(r)
    x = [area / height, r]
    while len(x) < LAYERS:
        height += area / x[-1]
        if height >= 1:
            return None
        x.append(law.inverse(height))
    return x + [ZERO], height + area / x[-1] - 1


def solve(law):
    """Bisect r until the last layer ends at the top of the curve, within 1e-30."""
    low, high = law.low, law.high
    while high - low > Decimal(10) ** -30:
        middle = (low + high) / 2
        found = edges(law, middle)
        if found is None or found[1] > 0:
            low = middle
        else:
            high = middle
    return edges(law, high)[0]


def hexadecimal(value):
    return float(value).hex()


def print_law(law):
    x = solve(law)
    scale = TWO**53
    print()
    print(f"const double sim__{law.name}_start = {hexadecimal(x[1])};")
    print()
    print(f"const struct sim__layer sim__{law.name}_layers[{LAYERS}] = {{")
    for i in range(LAYERS):
        inside = int(scale * x[i + 1] / x[i])
        print(f"    {{UINT64_C(0x{inside:014x}), {hexadecimal(x[i] / scale)}}},")
    print("};")
    print()
    print("/* The density at each layer's lower edge; the last one is the top of the curve. */")
    print(f"static const double {law.name}_density[{LAYERS + 1}] = {{")
    for i in range(LAYERS + 1):
        print(f"    {hexadecimal(law.density(x[i]))},")
    print("};")


def print_powers():
    print()
    print(f"/* 2^(j/{EXP_STEPS}) as a double and what rounding it left. */")
    print(f"static const double exp_steps[{EXP_STEPS}][2] = {{")
    for j in range(EXP_STEPS):
        exact = TWO ** (Decimal(j) / EXP_STEPS)
        rest = exact - Decimal(float(exact))
        print(f"    {{{hexadecimal(exact)}, {hexadecimal(rest)}}},")
    print("};")


def print_header(guard, included_by, *bodies):
    print("/* Written by sim/kernel/ziggurat_tables.py, which says what is in it. Do not edit.")
    print(f" * Included once, by {included_by}. */")
    print(f"#ifndef {guard}")
    print(f"#define {guard}")
    print("/* clang-format off */")
    for body in bodies:
        body()
    print()
    print("#endif")


def main():
    if sys.argv[1:] == ["exp"]:
        print_header("SIM_KERNEL_EXP_TABLES_H", "mathfn.c", print_powers)
    else:
        print_header("SIM_KERNEL_ZIGGURAT_TABLES_H",
                     "random.c: it defines what include/sim/random.h declares",
                     lambda: print_law(Exponential()), lambda: print_law(Normal()))


if __name__ == "__main__":
    main()
