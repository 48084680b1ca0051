"""OpenQASM 3 programs drawn at random, each statement together with what it does to a dense state.

Integers are NumPy's, which wrap around as C's do; gates are the matrices of `dense_gates`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import contextmanager

import numpy as np
from dense_gates import LIBRARY, X, Y, controlled, on, rotation

QUBITS = 4


class Writer:
    """Writes a program, and does to a state what each statement says as often as it is run.

    A statement is a pair: its text, and a function that does it. Names of integers are looked up when it is
    done, in `held`, as the program would.
    """

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.state = np.zeros((2,) * QUBITS, dtype=complex)
        self.state[(0,) * QUBITS] = 1
        self.gates = dict(LIBRARY)
        self.own: list[str] = []
        self.ints: list[str] = []  # variables that may be assigned to
        self.known: list[str] = []  # all integers in scope
        self.held: dict[str, list[np.generic | int]] = {}
        self.types: dict[str, str] = {}
        self.names = 0
        self.aliases: dict[str, list[int]] = {"q": list(range(QUBITS))}

    def new(self, kind: str) -> str:
        self.names += 1
        return f"{kind}{self.names}"

    def value(self, name: str) -> int:
        return int(self.held[name][-1])

    @contextmanager
    def scope(self):
        kept = list(self.ints), list(self.known)
        yield
        self.ints, self.known = kept

    # Expressions: a text, and a function that returns its value.

    def integer(self, depth: int = 2) -> tuple[str, Callable[[], int]]:
        """A small integer; nothing here is of a width, so nothing wraps around."""
        rng = self.rng
        if depth == 0 or rng.random() < 0.3:
            if self.known and rng.random() < 0.7:
                name = rng.choice(self.known)
                return f"int({name})", lambda: self.value(name)
            number = rng.randint(0, 5)
            return str(number), lambda: number
        (a, one), (b, two) = self.integer(depth - 1), self.integer(depth - 1)
        sign = rng.choice(["+", "-", "*", "%", "&", "|", "^", "<<"])
        match sign:
            case "%":
                modulus = rng.randint(2, 5)
                # C's remainder has the sign of the dividend.
                return f"({a} % {modulus})", lambda: int(np.fmod(one(), modulus))
            case "<<":
                places = rng.randint(0, 2)
                return f"({a} << {places})", lambda: one() << places
        how = {
            "+": lambda: one() + two(),
            "-": lambda: one() - two(),
            "*": lambda: one() * two(),
            "&": lambda: one() & two(),
            "|": lambda: one() | two(),
            "^": lambda: one() ^ two(),
        }[sign]
        return f"({a} {sign} {b})", how

    def angle(self, params: tuple[str, ...] = ()) -> tuple[str, Callable[..., float]]:
        """An angle of numbers, integers and, in a gate, its parameters (given to the function in order)."""
        rng = self.rng
        number = round(rng.uniform(-3, 3), 3)
        match rng.randrange(5):
            case 0:
                return f"{number}", lambda *p: number
            case 1 if self.known and not params:
                text, value = self.integer(1)
                return f"{number} * {text}", lambda *p: number * value()
            case 2:
                return f"pi / {(k := rng.randint(2, 7))}", lambda *p: np.pi / k
            case 3 if params:
                i = rng.randrange(len(params))
                return f"{params[i]} / 2.0 - {number}", lambda *p: p[i] / 2 - number
            case 4:
                name, of = rng.choice([("sin", np.sin), ("cos", np.cos), ("exp", np.exp)])
                return f"{name}({number}) ** 2", lambda *p: of(number) ** 2
        if params:
            return f"-{params[0]}", lambda *p: -p[0]
        return f"{number} + tau", lambda *p: number + 2 * np.pi

    def condition(self) -> tuple[str, Callable[[], bool]]:
        (a, one), (b, two) = self.integer(1), self.integer(1)
        sign, how = self.rng.choice(
            [
                ("<", lambda: one() < two()),
                ("==", lambda: one() == two()),
                (">=", lambda: one() >= two()),
                ("!=", lambda: one() != two()),
            ]
        )
        text, value = f"{a} {sign} {b}", how
        if self.rng.random() < 0.3:
            other, second = self.condition()
            both, join = self.rng.choice([("&&", all), ("||", any)])
            return f"({text}) {both} !({other})", lambda: join([value(), not second()])
        return text, value

    # Statements.

    def modified(self, name: str, params: tuple[str, ...] = ()) -> tuple[str, int, Callable[..., np.ndarray]]:
        """A gate with modifiers and arguments: its text, its number of qubits, its matrix."""
        rng = self.rng
        count, size, matrix = self.gates[name]
        arguments = [self.angle(params) for _ in range(count)]
        text = name + (f"({', '.join(a for a, _ in arguments)})" if count else "")

        def make(*p: float) -> np.ndarray:
            return np.asarray(matrix(*(value(*p) for _, value in arguments)), dtype=complex)

        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            inner = make
            match rng.choice(["inv", "pow", "ctrl", "negctrl"]):
                case "inv":
                    text, make = f"inv @ {text}", lambda *p, f=inner: f(*p).conj().T
                case "pow":
                    k = rng.randint(-2, 3)
                    text = f"pow({k}) @ {text}"
                    make = lambda *p, f=inner, k=k: np.linalg.matrix_power(f(*p), k)  # noqa: E731
                case kind if size < QUBITS - 1:
                    size += 1
                    bit = int(kind == "ctrl")
                    text, make = f"{kind} @ {text}", lambda *p, f=inner, b=bit: controlled(f(*p), [b])
        return text, size, make

    def operands(self, count: int) -> tuple[list[str], list[int]]:
        """Different qubits under names that they have: of the register or of an alias."""
        places = self.rng.sample(range(QUBITS), count)
        texts = []
        for place in places:
            alias = self.rng.choice([a for a, held in self.aliases.items() if place in held])
            index = self.aliases[alias].index(place)
            if self.rng.random() < 0.2:
                index -= len(self.aliases[alias])
            texts.append(f"{alias}[{index}]")
        return texts, places

    def gate(self) -> tuple[str, Callable[[], None]]:
        text, size, make = self.modified(self.rng.choice(list(self.gates)))
        if size == 1 and self.rng.random() < 0.2:
            alias = self.rng.choice(list(self.aliases))
            places = list(self.aliases[alias])
            return f"{text} {alias};", lambda: [self.act(make(), [p]) for p in places] and None
        texts, places = self.operands(size)
        return f"{text} {', '.join(texts)};", lambda: self.act(make(), places)

    def act(self, matrix: np.ndarray, places: list[int]) -> None:
        self.state = on(matrix, places, QUBITS)(self.state)

    def phase(self) -> tuple[str, Callable[[], None]]:
        angle, value = self.angle()
        (control,), (place,) = self.operands(1)
        return (
            f"ctrl @ gphase({angle}) {control};",
            lambda: self.act(np.diag([1, np.exp(1j * value())]), [place]),
        )

    def assignment(self) -> tuple[str, Callable[[], None]]:
        name, (text, value) = self.rng.choice(self.ints), self.integer(1)
        sign = self.rng.choice(["=", "+=", "-=", "*=", "^="])

        def do() -> None:
            held = self.held[name]
            old = int(held[-1])
            new = {
                "=": value,
                "+=": lambda: old + value(),
                "-=": lambda: old - value(),
                "*=": lambda: old * value(),
                "^=": lambda: old ^ value(),
            }[sign]()
            held[-1] = wrapped(new, self.types[name])

        return f"{name} {sign} {text};", do

    def declaration(self) -> tuple[str, Callable[[], None]]:
        kind = self.rng.choice(["int", "int[8]", "uint[8]", "int[16]", "uint[16]", "const int"])
        text, value = self.integer(1)
        if kind == "const int":
            number = self.rng.randint(0, 9)
            text, value = str(number), lambda: number
        name = self.new("v")
        self.types[name] = kind
        self.held[name] = []
        self.known.append(name)
        if not kind.startswith("const"):
            self.ints.append(name)

        def do() -> None:
            self.held[name] = [wrapped(value(), kind)]

        return f"{kind} {name} = {text};", do

    def block(self, depth: int, count: int) -> tuple[str, Callable[[], None]]:
        statements = [self.statement(depth) for _ in range(count)]

        def do() -> None:
            for _, one in statements:
                one()

        return "\n".join(text for text, _ in statements), do

    def statement(self, depth: int) -> tuple[str, Callable[[], None]]:
        rng = self.rng
        choices = ["gate"] * 4 + ["phase", "declaration"] + ["assignment"] * bool(self.ints)
        if depth:
            choices += ["for", "for", "if", "while", "switch", "box", "set"]
        match rng.choice(choices):
            case "gate":
                return self.gate()
            case "phase":
                return self.phase()
            case "declaration":
                return self.declaration()
            case "assignment":
                return self.assignment()
            case "for":
                start, step = rng.randint(-3, 3), rng.choice([1, 1, 2, -1])
                last = start + step * rng.randint(0, 3)
                middle = "" if step == 1 else f"{step}:"
                # The end belongs to the range.
                values = range(start, last + (1 if step > 0 else -1), step)
                return self.loop(f"[{start}:{middle}{last}]", values, depth)
            case "set":
                values = [rng.randint(-4, 4) for _ in range(rng.randint(1, 3))]
                return self.loop("{" + ", ".join(map(str, values)) + "}", values, depth)
            case "if":
                text, value = self.condition()
                with self.scope():
                    yes, do = self.block(depth - 1, rng.randint(1, 2))
                with self.scope():
                    no, otherwise = self.block(depth - 1, rng.randint(1, 2))
                return (
                    f"if ({text}) {{\n{yes}\n}} else {{\n{no}\n}}",
                    lambda: do() if value() else otherwise(),
                )
            case "while":
                return self.countdown(depth)
            case "switch":
                return self.switch(depth)
        with self.scope():
            inside, do = self.block(depth - 1, 2)
        return f"box {{\n{inside}\n}}", do

    def loop(self, values_text: str, values, depth: int) -> tuple[str, Callable[[], None]]:
        name = self.new("i")
        self.types[name], self.held[name] = "int", []
        leave = self.rng.choice(["", "", "break", "continue"])
        with self.scope():
            self.known.append(name)
            test, met = self.condition() if leave else ("", lambda: False)
            before, first = self.block(0, 1)
            after, second = self.block(depth - 1, 2)
        stop = f"if ({test}) {{ {leave}; }}\n" if leave else ""

        def do() -> None:
            for value in values:
                self.held[name] = [value]
                first()
                if met():
                    if leave == "break":
                        break
                    continue
                second()

        return f"for int {name} in {values_text} {{\n{before}\n{stop}{after}\n}}", do

    def countdown(self, depth: int) -> tuple[str, Callable[[], None]]:
        name, count = self.new("w"), self.rng.randint(1, 3)
        self.types[name], self.held[name] = "int", []
        with self.scope():
            self.known.append(name)
            inside, body = self.block(depth - 1, 2)

        def do() -> None:
            self.held[name] = [count]
            while self.value(name) > 0:
                body()
                self.held[name][-1] -= 1

        return f"int {name} = {count};\nwhile ({name} > 0) {{\n{inside}\n{name} -= 1;\n}}", do

    def switch(self, depth: int) -> tuple[str, Callable[[], None]]:
        text, value = self.integer(1)
        cases = []
        labels = self.rng.sample(range(-2, 6), 4)
        for chosen in (labels[:2], labels[2:3]):
            with self.scope():
                inside, do = self.block(0, 1)
            cases.append((chosen, inside, do))
        with self.scope():
            inside, otherwise = self.block(0, 1)
        written = "".join(f"case {', '.join(map(str, chosen))} {{\n{body}\n}}\n" for chosen, body, _ in cases)
        of = {label: do for chosen, _, do in cases for label in chosen}
        return (
            f"switch ({text}) {{\n{written}default {{\n{inside}\n}}\n}}",
            lambda: of[value()]() if value() in of else otherwise(),
        )

    # Definitions.

    def own_gate(self) -> str:
        rng = self.rng
        name = self.new("g")
        size, params = rng.randint(1, 2), tuple(f"t{i}" for i in range(rng.randint(0, 2)))
        qubits = ["a", "b"][:size]
        lines, steps = [], []
        for _ in range(rng.randint(1, 3)):
            inner = rng.choice([n for n, (_, k, _) in self.gates.items() if k <= size])
            text, count, make = self.modified(inner, params)
            if count > size:
                continue
            places = rng.sample(range(size), count)
            lines.append(f"{text} {', '.join(qubits[p] for p in places)};")
            steps.append((make, places))
        phase, value = self.angle(params)
        lines.append(f"gphase({phase});")

        def matrix(*p: float) -> np.ndarray:
            whole = np.eye(2**size, dtype=complex).reshape((2,) * size + (2**size,))
            for make, places in steps:
                whole = on(make(*p), places, size)(whole)
            return np.exp(1j * value(*p)) * whole.reshape(2**size, 2**size)

        self.gates[name] = (len(params), size, matrix)
        given = f"({', '.join(params)})" if params else ""
        return f"gate {name}{given} {', '.join(qubits)} {{ {' '.join(lines)} }}"

    def subroutine(self) -> tuple[str, str, Callable[[], None]]:
        """A definition, and a call of it."""
        name, angle = self.new("f"), round(self.rng.uniform(-2, 2), 2)
        factor = self.rng.randint(1, 3)
        definition = (
            f"def {name}(qubit a, qubit[2] r, float t, int k) -> int {{\n"
            f"if (k > 1) {{ ry(t * k) a; }} else {{ cx a, r[1]; }}\n"
            f"cp(t) r[0], a;\nreturn k * {factor} - 1;\n}}"
        )
        texts, (first, *_) = self.operands(1)
        alias = self.rng.choice([a for a, held in self.aliases.items() if len(set(held) - {first}) >= 2])
        held = self.aliases[alias]
        two = self.rng.sample([i for i, p in enumerate(held) if p != first], 2)
        number, value = self.integer(1)
        result = self.new("v")
        self.types[result], self.held[result] = "int", []
        self.known.append(result)

        def do() -> None:
            k = value()
            a, r = first, [held[i] for i in two]
            if k > 1:
                self.act(rotation(Y)(angle * k), [a])
            else:
                self.act(controlled(X, [1]), [a, r[1]])
            self.act(controlled(np.diag([1, np.exp(1j * angle)]), [1]), [r[0], a])
            self.held[result] = [k * factor - 1]

        call = f"int {result} = {name}({texts[0]}, {alias}[{{{two[0]}, {two[1]}}}], {angle}, {number});"
        return definition, call, do

    def program(self) -> str:
        """Write a program, and leave in `state` what it prepares."""
        rng = self.rng
        lines = ['OPENQASM 3.0;\ninclude "stdgates.inc";', f"qubit[{QUBITS}] q;"]
        lines += [self.own_gate() for _ in range(rng.randint(0, 3))]
        steps: list[Callable[[], None]] = []
        for _ in range(rng.randint(0, 2)):
            low, high = sorted(rng.sample(range(QUBITS), 2))
            name = self.new("r")
            choice = rng.choice([f"[{low}:{high}]", f"[{high}:-1:{low}]", f"[{{{high}, {low}}}]", "[0:2:3]"])
            self.aliases[name] = {
                f"[{low}:{high}]": list(range(low, high + 1)),
                f"[{high}:-1:{low}]": list(range(high, low - 1, -1)),
                "[0:2:3]": [0, 2],
            }.get(choice, [high, low])
            lines.append(f"let {name} = q{choice};")
        for _ in range(rng.randint(0, 2)):
            definition, call, do = self.subroutine()
            lines += [definition, call]
            steps.append(do)
        for _ in range(rng.randint(3, 7)):
            text, do = self.statement(2)
            lines.append(text)
            steps.append(do)
        for do in steps:
            do()
        return "\n".join(lines) + "\n"


def wrapped(value: int, kind: str) -> int:
    """An integer of a type, as C has it."""
    width = {"int[8]": np.int8, "uint[8]": np.uint8, "int[16]": np.int16, "uint[16]": np.uint16}
    return int(np.array(value).astype(width[kind])) if kind in width else value
