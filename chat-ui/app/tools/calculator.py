"""The calculator: numbers, `+ - * / // % **` and parentheses, computed exactly.

Python's parser reads the expression, and nothing of it is run: the tree may have numbers and these
operators only. How long it is and how large its numbers get is bounded, so that none takes long."""

import ast
import operator
import re
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

MOST_CHARACTERS = 200
MOST_BITS = 4000  # of a numerator or denominator: about 1,200 digits
MOST_EXPONENT = 1000
DIGITS = 15  # of a result that has no end
EXPRESSION = re.compile(r"[\d.eE+*/%() -]+", re.ASCII)  # no mark that would end a code span
LARGE_POWER = re.compile(r"[eE][+-]?\d{3}", re.ASCII)  # such as 1e999
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))", re.ASCII)
SPELLED = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "^": "**"})

NOTHING = "Write what to calculate, such as `/calculator 12*(3+4)`."
TOO_LONG = f"That is too long to calculate: at most {MOST_CHARACTERS} characters."
UNREADABLE = (
    "That can't be calculated. It may have numbers such as `1,140.50`, "
    "`+ - * / // % **` and parentheses."
)
BY_ZERO = "Divided by zero."
TOO_LARGE = "The result is too large."
NO_ROOTS = "Exponents are whole numbers."


class _Refused(Exception):
    """With the words that say why."""


def run(expression: str) -> str:
    """Calculate exactly, such as 12*(3+4).

    The expression with its result, or why there is none, as Markdown."""
    if not expression:
        return NOTHING
    if len(expression) > MOST_CHARACTERS:
        return TOO_LONG
    expression = THOUSANDS.sub("", expression.translate(SPELLED))
    if not EXPRESSION.fullmatch(expression):
        return UNREADABLE
    if LARGE_POWER.search(expression):
        return TOO_LARGE
    try:
        result = _compute(ast.parse(expression, mode="eval").body, expression)
    except _Refused as refused:
        return str(refused)
    except ZeroDivisionError:
        return BY_ZERO
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return UNREADABLE
    return f"`{expression}` {_describe(result)}"


def _compute(node: ast.expr, written: str) -> Fraction:
    match node:
        case ast.Constant(value=int() | float()):
            return Fraction(ast.get_source_segment(written, node) or 0)  # 0.1 is not a float
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_compute(operand, written)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _compute(operand, written)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _raise(_compute(left, written), _compute(right, written))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _bound(OPERATORS[type(op)](_compute(left, written), _compute(right, written)))
        case _:
            raise _Refused(UNREADABLE)


OPERATORS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda left, right: Fraction(left // right),
    ast.Mod: operator.mod,
}


def _raise(base: Fraction, exponent: Fraction) -> Fraction:
    if exponent.denominator != 1:
        raise _Refused(NO_ROOTS)
    times = abs(exponent.numerator)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if times > MOST_EXPONENT or bits * times > MOST_BITS:  # before it is computed
        raise _Refused(TOO_LARGE)
    return Fraction(base**exponent.numerator)


def _bound(number: Fraction) -> Fraction:
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > MOST_BITS:
        raise _Refused(TOO_LARGE)
    return number


def _describe(number: Fraction) -> str:
    if number.denominator == 1:
        return f"= **{number.numerator}**"
    with localcontext() as context:
        context.prec = DIGITS
        rounded = Decimal(number.numerator) / Decimal(number.denominator)
    sign = "=" if Fraction(rounded) == number else "≈"
    return f"{sign} **{rounded}**"
