"""The exercises of lesson 3: a chain forward and back, a tape, and broadcasting."""

import numpy as np

from course_lib.values import Given
from grader.exercises import Case, Exercise, Mistake

# ---- chain_forward

FORWARD = {
    "x": lambda v, q: v["x"],
    "p": lambda v, q: q["w"] * v["x"],
    "z": lambda v, q: v["p"] + q["b"],
    "s": lambda v, q: np.sin(v["z"]),
    "u": lambda v, q: q["v"] * v["s"],
    "e": lambda v, q: np.exp(v["u"]),
    "r": lambda v, q: v["e"] - q["target"],
    "loss": lambda v, q: v["r"] ** 2,
}


def forward_with(**steps):
    """Return a forward pass in which some steps are done another way."""

    def chain_forward(x, params):
        values = {"x": x}
        for name, step in (FORWARD | steps).items():
            values[name] = step(values, params)
        return values

    return chain_forward


chain_forward = forward_with()


def chain_params(rng):
    return {
        "w": float(rng.uniform(0.5, 1.5)),
        "b": float(rng.uniform(-0.6, 0.6)),
        "v": float(rng.uniform(0.5, 1.5) * rng.choice([-1, 1])),
        "target": float(rng.uniform(3.0, 5.0)),
    }


def forward_cases(rng):
    yield Case(
        "x = 2, w = 3, b = -6",
        x=2.0,
        params={"w": 3.0, "b": -6.0, "v": 5.0, "target": 4.0},
    )
    for note in ("a first set of knobs", "a second", "a third", "a fourth"):
        yield Case(note, x=float(rng.uniform(0.3, 1.2)), params=chain_params(rng))


def chain_by_names(x, params):
    w, b, v, target = (params[name] for name in ("w", "b", "v", "target"))
    p = w * x
    z = p + b
    s = np.sin(z)
    u = v * s
    e = np.exp(u)
    r = e - target
    return {"x": x, "p": p, "z": z, "s": s, "u": u, "e": e, "r": r, "loss": r * r}


def chain_with_math(x, params):
    import math

    z = x * params["w"] + params["b"]
    s = math.sin(z)
    e = math.e ** (s * params["v"])
    r = -params["target"] + e
    names = dict(loss=r**2, r=r, e=e, u=s * params["v"], s=s, z=z)
    return {"x": x, "p": z - params["b"]} | names


def chain_written_into(x, params):
    values = {}
    values["x"] = x
    values["p"] = np.multiply(params["w"], x)
    values["z"] = np.add(values["p"], params["b"])
    values["s"] = np.sin(values["z"])
    values["u"] = values["s"] * params["v"]
    values["e"] = np.exp(values["u"])
    values["r"] = np.subtract(values["e"], params["target"])
    values["loss"] = np.square(values["r"])
    return values


def chain_of_a_table(x, params):
    rest = [
        ("p", lambda a: a * params["w"]),
        ("z", lambda a: a + params["b"]),
        ("s", np.sin),
        ("u", lambda a: a * params["v"]),
        ("e", np.exp),
        ("r", lambda a: a - params["target"]),
        ("loss", lambda a: a**2),
    ]
    values = {"x": x}
    for name, step in rest:
        x = step(x)
        values[name] = x
    return values


def forward_mistake(id, message, next_step, **steps):
    return Mistake(id, forward_with(**steps), message, next_step)


CHAIN_FORWARD = Exercise(
    "chain_forward(x, params) -> values",
    points=2,
    reference=chain_forward,
    cases=forward_cases,
    mistakes=[
        forward_mistake(
            "added_weight",
            "p adds w to x. A weight multiplies: p = w * x.",
            "try x = 2, w = 3: p is 6.",
            p=lambda v, q: q["w"] + v["x"],
        ),
        forward_mistake(
            "bias_as_p",
            "p holds the bias already. It is w times x alone; b is added in the next "
            "node.",
            "one operation for each node.",
            p=lambda v, q: q["w"] * v["x"] + q["b"],
        ),
        forward_mistake(
            "bias_inside",
            "z is w * (x + b): the bias was added before the multiplication.",
            "z takes p, which is made already, and adds b.",
            z=lambda v, q: q["w"] * (v["x"] + q["b"]),
        ),
        forward_mistake(
            "bias_forgotten",
            "z is p: the bias is not added.",
            "z = p + b.",
            z=lambda v, q: v["p"],
        ),
        forward_mistake(
            "bias_subtracted",
            "z subtracts the bias.",
            "z = p + b, also where b is below 0.",
            z=lambda v, q: v["p"] - q["b"],
        ),
        forward_mistake(
            "cosine",
            "s is the cosine of z.",
            "s = np.sin(z); the cosine comes on the way back.",
            s=lambda v, q: np.cos(v["z"]),
        ),
        forward_mistake(
            "degrees",
            "s takes z as degrees. np.sin takes radians, and z is in radians.",
            "hand z to np.sin as it is.",
            s=lambda v, q: np.sin(np.radians(v["z"])),
        ),
        forward_mistake(
            "sine_of_p",
            "s is the sine of p: the node z was passed over.",
            "each node takes the one right before it.",
            s=lambda v, q: np.sin(v["p"]),
        ),
        forward_mistake(
            "gain_inside",
            "u is sin(v * z): the gain v went inside the sine.",
            "u takes s, which is made already, and multiplies it by v.",
            u=lambda v, q: np.sin(q["v"] * v["z"]),
        ),
        forward_mistake(
            "gain_added",
            "u adds v to s. A gain multiplies: u = v * s.",
            "try v = 5 and s = 0: u is 0.",
            u=lambda v, q: q["v"] + v["s"],
        ),
        forward_mistake(
            "wrong_gain",
            "u is made with w. Its gain is v.",
            "look at which knob stands under the node u.",
            u=lambda v, q: q["w"] * v["s"],
        ),
        forward_mistake(
            "exp_of_s",
            "e is exp(s): the node u was passed over, and v with it.",
            "each node takes the one right before it.",
            e=lambda v, q: np.exp(v["s"]),
        ),
        forward_mistake(
            "gain_outside",
            "e is v * exp(s): the gain belongs inside, in the exponent.",
            "e takes u, which holds the gain already.",
            e=lambda v, q: q["v"] * np.exp(v["s"]),
        ),
        forward_mistake(
            "power_of_two",
            "e is 2 to the power of u. np.exp raises 2.718...",
            "e = np.exp(u).",
            e=lambda v, q: 2.0 ** v["u"],
        ),
        forward_mistake(
            "target_first",
            "r has the opposite sign: it is target minus e. The loss is the same, and "
            "on the way back every sign hangs on it.",
            "r = e - target, prediction first, as in lesson 2.",
            r=lambda v, q: q["target"] - v["e"],
        ),
        forward_mistake(
            "not_squared",
            "loss is r itself: it is not squared, so it could fall below 0.",
            "loss = r ** 2.",
            loss=lambda v, q: v["r"],
        ),
        forward_mistake(
            "absolute",
            "loss is the absolute value of r, not its square.",
            "loss = r ** 2.",
            loss=lambda v, q: abs(v["r"]),
        ),
        forward_mistake(
            "half_square",
            "loss is half of r squared.",
            "loss = r ** 2, without a factor.",
            loss=lambda v, q: v["r"] ** 2 / 2,
        ),
        forward_mistake(
            "doubled",
            "loss is 2 * r. That is the slope of the square; the square is r * r.",
            "loss = r ** 2, with two stars.",
            loss=lambda v, q: v["r"] * 2,
        ),
        Mistake(
            "only_the_loss",
            lambda x, params: chain_forward(x, params)["loss"],
            "values is one number, the loss. Backward will need every node on the way.",
            "return a dict with all eight names.",
        ),
        Mistake(
            "without_x",
            lambda x, params: dict(list(chain_forward(x, params).items())[1:]),
            "values is without x. The input is a node too: dw will need it.",
            'begin the dict with "x": x.',
        ),
        Mistake(
            "values_alone",
            lambda x, params: list(chain_forward(x, params).values()),
            "values is a list: the right numbers without their names.",
            'return a dict: {"x": x, "p": p, ...}.',
        ),
    ],
    alternatives=[
        chain_by_names,
        chain_with_math,
        chain_written_into,
        chain_of_a_table,
    ],
)

# ---- chain_backward

BACKWARD = {
    "dloss": lambda d, v, q: 1.0,
    "dr": lambda d, v, q: 2 * v["r"] * d["dloss"],
    "de": lambda d, v, q: d["dr"],
    "du": lambda d, v, q: v["e"] * d["de"],
    "dv": lambda d, v, q: v["s"] * d["du"],
    "ds": lambda d, v, q: q["v"] * d["du"],
    "dz": lambda d, v, q: np.cos(v["z"]) * d["ds"],
    "db": lambda d, v, q: d["dz"],
    "dp": lambda d, v, q: d["dz"],
    "dw": lambda d, v, q: v["x"] * d["dp"],
    "dx": lambda d, v, q: q["w"] * d["dp"],
}


def backward_with(**steps):
    """Return a backward pass in which some steps are done another way."""

    def chain_backward(values, params):
        blame = {}
        for name, step in (BACKWARD | steps).items():
            blame[name] = step(blame, values, params)
        return blame

    return chain_backward


chain_backward = backward_with()


def backward_cases(rng):
    for case in forward_cases(rng):
        values = chain_forward(case.inputs["x"], case.inputs["params"])
        values = {name: float(value) for name, value in values.items()}
        yield Case(case.note, values=values, params=case.inputs["params"])


def blame_by_names(values, params):
    dr = 2 * values["r"]
    de = dr
    du = de * values["e"]
    ds, dv = du * params["v"], du * values["s"]
    dz = ds * np.cos(values["z"])
    dp, db = dz, dz
    dx, dw = dp * params["w"], dp * values["x"]
    names = dict(dx=dx, dw=dw, dp=dp, db=db, dz=dz, ds=ds, dv=dv, du=du, de=de, dr=dr)
    return names | {"dloss": 1.0}


def blame_by_products(values, params):
    local = [
        ("dr", 2 * values["r"]),
        ("de", 1.0),
        ("du", np.exp(values["u"])),
        ("ds", params["v"]),
        ("dz", np.cos(values["z"])),
        ("dp", 1.0),
        ("dx", params["w"]),
    ]
    slopes = np.cumprod([slope for _, slope in local])
    blame = {"dloss": 1.0} | dict(zip([n for n, _ in local], slopes, strict=True))
    blame["dv"] = blame["du"] * values["s"]
    blame["db"], blame["dw"] = blame["dz"], blame["dp"] * values["x"]
    return blame


def blame_by_formula(values, params):
    import math

    outer = 2 * values["r"] * values["e"]
    inner = outer * params["v"] * math.sin(values["z"] + math.pi / 2)
    return {
        "dloss": 1.0,
        "dr": 2 * values["r"],
        "de": 2 * values["r"],
        "du": outer,
        "ds": outer * params["v"],
        "dv": outer * values["s"],
        "dz": inner,
        "dp": inner,
        "db": inner,
        "dw": inner * values["x"],
        "dx": inner * params["w"],
    }


def blame_written_into(values, params):
    d = {}
    d["dloss"] = 1.0
    d["dr"] = d["dloss"] * values["r"] + d["dloss"] * values["r"]
    d["de"] = 1.0 * d["dr"]
    d["du"] = d["de"] * (values["r"] + params["target"])
    d["ds"] = d["du"] * params["v"]
    d["dv"] = d["du"] * (values["u"] / params["v"])
    d["dz"] = d["ds"] * np.cos(values["z"])
    d["dp"], d["db"] = d["dz"], 1.0 * d["dz"]
    d["dw"], d["dx"] = d["dp"] * values["x"], d["dp"] * params["w"]
    return d


def backward_mistake(id, message, next_step, **steps):
    return Mistake(id, backward_with(**steps), message, next_step)


UPSTREAM = "multiply the local derivative by the blame of the node above."

CHAIN_BACKWARD = Exercise(
    "chain_backward(values, params) -> blame",
    points=3,
    formulas=("blame",),
    reference=chain_backward,
    cases=backward_cases,
    mistakes=[
        backward_mistake(
            "seed_zero",
            "dloss is 0, and 0 times anything is 0: no blame comes through. The loss "
            "changes by 1 when the loss changes by 1.",
            'leave the line blame = {"dloss": 1.0} as it was.',
            dloss=lambda d, v, q: 0.0,
        ),
        backward_mistake(
            "seed_loss",
            "dloss holds the loss itself. It is the slope of the loss against itself, "
            "which is 1.",
            'leave the line blame = {"dloss": 1.0} as it was.',
            dloss=lambda d, v, q: v["loss"],
        ),
        backward_mistake(
            "square_without_two",
            "dr is half of what it should be: the slope of r * r is 2 * r.",
            "nudge r from 3 to 3.01 by hand: 9 becomes 9.0601.",
            dr=lambda d, v, q: v["r"] * d["dloss"],
        ),
        backward_mistake(
            "square_itself",
            "dr is r squared: the value of the node. Its slope is 2 * r.",
            "nudge r from 3 to 3.01 by hand: 9 becomes 9.0601.",
            dr=lambda d, v, q: v["r"] ** 2 * d["dloss"],
        ),
        backward_mistake(
            "slope_of_e_sign",
            "de has the opposite sign. r = e - target, so r rises with e.",
            "nudge e up by 0.01: which way does r go?",
            de=lambda d, v, q: -d["dr"],
        ),
        backward_mistake(
            "target_in_de",
            "de is the blame times the target. r = e - target: its slope against e is "
            "1, whatever the target is.",
            "nudge e up by 0.01: how far does r go?",
            de=lambda d, v, q: -q["target"] * d["dr"],
        ),
        backward_mistake(
            "exp_of_output",
            "du takes exp of e, the output of the node. The slope of exp at u is "
            "exp(u), and forward has stored that: it is e itself.",
            "use the stored e as the local derivative.",
            du=lambda d, v, q: np.exp(v["e"]) * d["de"],
        ),
        backward_mistake(
            "exp_times_input",
            "du multiplies by u, the input of exp. The slope of exp is its output, e.",
            "use the stored e as the local derivative.",
            du=lambda d, v, q: v["u"] * d["de"],
        ),
        backward_mistake(
            "power_rule_for_exp",
            "du is u * exp(u - 1) times the blame: the rule for powers. In exp the "
            "variable is the exponent, and its slope is exp(u).",
            "use the stored e as the local derivative.",
            du=lambda d, v, q: v["u"] * np.exp(v["u"] - 1) * d["de"],
        ),
        backward_mistake(
            "exp_skipped",
            "du is de: the slope of exp is missing.",
            "by how much does e grow when u grows by 0.01?",
            du=lambda d, v, q: d["de"],
        ),
        backward_mistake(
            "du_without_blame",
            "du is the local derivative alone: the blame of e never reaches it.",
            UPSTREAM,
            du=lambda d, v, q: v["e"],
        ),
        backward_mistake(
            "dv_swapped",
            "dv multiplies by v itself. In u = v * s each factor's slope is the "
            "*other* factor.",
            "nudge v by 0.01: u moves by 0.01 times what?",
            dv=lambda d, v, q: q["v"] * d["du"],
        ),
        backward_mistake(
            "dv_without_blame",
            "dv is s alone: the blame of u never reaches it.",
            UPSTREAM,
            dv=lambda d, v, q: v["s"],
        ),
        backward_mistake(
            "ds_swapped",
            "ds multiplies by s itself. In u = v * s each factor's slope is the "
            "*other* factor.",
            "nudge s by 0.01: u moves by 0.01 times what?",
            ds=lambda d, v, q: v["s"] * d["du"],
        ),
        backward_mistake(
            "ds_without_blame",
            "ds is v alone: the blame of u never reaches it.",
            UPSTREAM,
            ds=lambda d, v, q: q["v"],
        ),
        backward_mistake(
            "ds_skips_gain",
            "ds is du: the factor v of u = v * s is missing.",
            "nudge s by 0.01: u moves by 0.01 times what?",
            ds=lambda d, v, q: d["du"],
        ),
        backward_mistake(
            "cosine_sign",
            "dz has the opposite sign: the slope of sin is cos, without a minus. The "
            "minus comes with the slope of cos.",
            "at z = 0, does sin rise or fall?",
            dz=lambda d, v, q: -np.cos(v["z"]) * d["ds"],
        ),
        backward_mistake(
            "sine_again",
            "dz multiplies by sin(z): that is the node's value. Its slope is cos(z).",
            "at z = 0 the sine is 0, and is it flat there?",
            dz=lambda d, v, q: np.sin(v["z"]) * d["ds"],
        ),
        backward_mistake(
            "cosine_of_output",
            "dz takes the cosine of s, the output of the node. A slope is taken where "
            "the function was: at its input, z.",
            "use values['z'].",
            dz=lambda d, v, q: np.cos(v["s"]) * d["ds"],
        ),
        backward_mistake(
            "cosine_of_p",
            "dz takes the cosine of p: another node. The sine was taken at z.",
            "use values['z'].",
            dz=lambda d, v, q: np.cos(v["p"]) * d["ds"],
        ),
        backward_mistake(
            "dz_without_blame",
            "dz is cos(z) alone: the blame of s never reaches it.",
            UPSTREAM,
            dz=lambda d, v, q: np.cos(v["z"]),
        ),
        backward_mistake(
            "dz_skips_sine",
            "dz is ds: the slope of the sine is missing.",
            "multiply by cos(z).",
            dz=lambda d, v, q: d["ds"],
        ),
        backward_mistake(
            "db_times_b",
            "db multiplies by b. In z = p + b the slope against b is 1, whatever b is.",
            "a sum hands its blame on unchanged, to both of its inputs.",
            db=lambda d, v, q: q["b"] * d["dz"],
        ),
        backward_mistake(
            "dp_times_b",
            "dp multiplies by b. In z = p + b the slope against p is 1.",
            "a sum hands its blame on unchanged, to both of its inputs.",
            dp=lambda d, v, q: q["b"] * d["dz"],
        ),
        backward_mistake(
            "dp_shared",
            "dp is half of dz. A sum does not share its blame out: each input gets all "
            "of it.",
            "nudge p by 0.01: how far does z go?",
            dp=lambda d, v, q: d["dz"] / 2,
        ),
        backward_mistake(
            "weights_swapped",
            "dw and dx are swapped: in p = w * x the slope against w is x, and the "
            "slope against x is w.",
            "each factor's slope is the *other* factor.",
            dw=lambda d, v, q: q["w"] * d["dp"],
            dx=lambda d, v, q: v["x"] * d["dp"],
        ),
        backward_mistake(
            "dw_times_w",
            "dw multiplies by w itself. In p = w * x the slope against w is x.",
            "nudge w by 0.01: p moves by 0.01 times what?",
            dw=lambda d, v, q: q["w"] * d["dp"],
        ),
        backward_mistake(
            "dw_without_blame",
            "dw is x alone: the blame of p never reaches it.",
            UPSTREAM,
            dw=lambda d, v, q: v["x"],
        ),
        backward_mistake(
            "dw_is_dp",
            "dw is dp: the factor x of p = w * x is missing.",
            "nudge w by 0.01: p moves by 0.01 times what?",
            dw=lambda d, v, q: d["dp"],
        ),
        backward_mistake(
            "dx_times_x",
            "dx multiplies by x itself. In p = w * x the slope against x is w.",
            "nudge x by 0.01: p moves by 0.01 times what?",
            dx=lambda d, v, q: v["x"] * d["dp"],
        ),
        backward_mistake(
            "dx_is_dp",
            "dx is dp: the factor w of p = w * x is missing.",
            "nudge x by 0.01: p moves by 0.01 times what?",
            dx=lambda d, v, q: d["dp"],
        ),
        Mistake(
            "knobs_forgotten",
            lambda values, params: {
                name: blame
                for name, blame in chain_backward(values, params).items()
                if name not in ("dv", "db", "dw")
            },
            "The nodes have their blame, and the knobs have none: dv, db and dw are "
            "missing. They are what an update needs.",
            "each knob gets its node's blame times its own slope.",
        ),
    ],
    alternatives=[
        blame_by_names,
        blame_by_products,
        blame_by_formula,
        blame_written_into,
    ],
)

# ---- Value


class Value:
    def __init__(self, data, inputs=()):
        self.data = data
        self.inputs = inputs
        self.grad = 0.0
        self.pass_back = lambda: None

    def __add__(self, other):
        return self.result("add", self.data + other.data, other)

    def __mul__(self, other):
        return self.result("mul", self.data * other.data, other)

    def tanh(self):
        return self.result("tanh", np.tanh(self.data))

    def exp(self):
        return self.result("exp", np.exp(self.data))

    def result(self, operation, data, *others):
        out = type(self)(data, (self, *others))
        out.pass_back = lambda: self.hand_back(operation, out, *others)
        return out

    def hand_back(self, operation, out, *others):
        """Give each input its share; the rules of a wrong class differ here."""
        shares = self.shares(operation, out, *others)
        for value, slope in zip((self, *others), shares, strict=True):
            value.receive(slope * out.grad)

    def receive(self, blame):
        self.grad = self.grad + blame

    def shares(self, operation, out, *others):
        return {
            "add": lambda: (1.0, 1.0),
            "mul": lambda: (others[0].data, self.data),
            "tanh": lambda: (1 - out.data**2,),
            "exp": lambda: (out.data,),
        }[operation]()


def value_with(**rules):
    """Return a Value in which some operations have other slopes.

    A rule is ``rule(self, out, *others) -> one slope for each input``.
    """

    class Other(Value):
        def shares(self, operation, out, *others):
            if operation in rules:
                return rules[operation](self, out, *others)
            return super().shares(operation, out, *others)

    return Other


class Overwriting(Value):
    def receive(self, blame):
        self.grad = blame + 0.0


def local_only_in(*operations):
    """Return a Value that hands on local derivatives alone, in these operations."""

    class Other(Value):
        def hand_back(self, operation, out, *others):
            shares = self.shares(operation, out, *others)
            blame = 1.0 if operation in operations else out.grad
            for value, slope in zip((self, *others), shares, strict=True):
                value.receive(slope * blame)

    return Other


def computing(**results):
    """Return a Value in which some operations compute something else."""

    class Other(Value):
        def result(self, operation, data, *others):
            if operation in results:
                data = results[operation](self.data, *[other.data for other in others])
            return super().result(operation, data, *others)

    return Other


class WithoutInputs(Value):
    def result(self, operation, data, *others):
        out = super().result(operation, data, *others)
        out.inputs = ()
        return out


class OneInput(Value):
    def result(self, operation, data, *others):
        out = super().result(operation, data, *others)
        out.inputs = (self,)
        return out


class NeverPassesBack(Value):
    def hand_back(self, operation, out, *others):
        pass


class ValueWithClosures:
    def __init__(self, data, inputs=()):
        self.data, self.inputs, self.grad = data, inputs, 0.0
        self.pass_back = lambda: None

    def __add__(self, other):
        out = ValueWithClosures(self.data + other.data, (self, other))

        def pass_back():
            self.grad += out.grad
            other.grad += out.grad

        out.pass_back = pass_back
        return out

    def __mul__(self, other):
        out = ValueWithClosures(other.data * self.data, [self, other])

        def pass_back():
            self.grad += out.grad * other.data
            other.grad += out.grad * self.data

        out.pass_back = pass_back
        return out

    def tanh(self):
        out = ValueWithClosures(np.tanh(self.data), [self])

        def pass_back():
            self.grad += out.grad / np.cosh(self.data) ** 2

        out.pass_back = pass_back
        return out

    def exp(self):
        out = ValueWithClosures(np.e**self.data, {self})

        def pass_back():
            self.grad += np.exp(self.data) * out.grad

        out.pass_back = pass_back
        return out


class ValueWithPairs(Value):
    def result(self, operation, data, *others):
        out = type(self)(data, {self, *others})
        pairs = list(
            zip((self, *others), self.shares(operation, out, *others), strict=True)
        )

        def pass_back():
            for value, slope in pairs:
                value.grad = value.grad + slope * np.asarray(out.grad)

        out.pass_back = pass_back
        return out


class ValueWithShares:
    def __init__(self, data, inputs=(), shares=lambda dy: ()):
        self.data, self.inputs, self.shares, self.grad = data, inputs, shares, 0.0

    def pass_back(self):
        found = self.shares(self.grad)
        for k in range(len(self.inputs)):
            self.inputs[k].grad = self.inputs[k].grad + found[k]

    def __add__(self, other):
        both = (self, other)
        return ValueWithShares(self.data + other.data, both, lambda dy: [dy, dy])

    def __mul__(self, other):
        def shares(dy):
            return np.multiply(other.data, dy), np.multiply(self.data, dy)

        return ValueWithShares(self.data * other.data, (self, other), shares)

    def tanh(self):
        y = np.tanh(self.data)
        return ValueWithShares(y, (self,), lambda dy: (dy - dy * y * y,))

    def exp(self):
        y = np.exp(self.data)
        return ValueWithShares(y, (self,), lambda dy: (y * dy,))


class ValueWithFormulas(Value):
    def tanh(self):
        up, down = np.exp(self.data), np.exp(-self.data)
        return self.result("tanh", (up - down) / (up + down))

    def shares(self, operation, out, *others):
        if operation == "tanh":
            return ((1 - out.data) * (1 + out.data),)
        if operation == "mul":
            return 1.0 * others[0].data, 1.0 * self.data
        return super().shares(operation, out, *others)


def small_programs(rng):
    def numbers(*names, shape=()):
        size = {name: rng.uniform(0.3, 1.4, size=shape or None) for name in names}
        return {n: v if shape else float(v) for n, v in size.items()}

    def case(note, program, *names, shape=()):
        dy = rng.uniform(1.2, 3.0, size=shape) * rng.choice([-1, 1])
        inputs = numbers(*names, shape=shape)
        dy = dy if shape else float(dy)
        return Case(note, program=program, numbers=inputs, dy=dy)

    yield case("c = a + b", [["c", "add", "a", "b"]], "a", "b")
    yield case("c = a * b", [["c", "mul", "a", "b"]], "a", "b")
    yield case("c = a.tanh()", [["c", "tanh", "a"]], "a")
    yield case("c = a.exp()", [["c", "exp", "a"]], "a")
    yield case("c = a + a", [["c", "add", "a", "a"]], "a")
    yield case("c = a * a", [["c", "mul", "a", "a"]], "a")
    diamond = [
        ["c", "mul", "a", "b"],
        ["d", "tanh", "c"],
        ["e", "exp", "c"],
        ["f", "mul", "d", "e"],
        ["g", "add", "f", "a"],
    ]
    yield case("a diamond, where two ways lead to c", diamond, "a", "b")
    twice = [
        ["d", "exp", "a"],
        ["e", "tanh", "a"],
        ["f", "add", "d", "e"],
        ["g", "mul", "f", "b"],
        ["h", "add", "g", "b"],
    ]
    yield case("a value in exp and in tanh", twice, "a", "b")
    yield case("arrays of five numbers", diamond, "a", "b", shape=(5,))


VALUE = Exercise(
    "use_values(Value, program, numbers, dy) -> values, links, blame",
    name="Value",
    points=3,
    reference=Value,
    cases=small_programs,
    mistakes=[
        Mistake(
            "overwrites",
            Overwriting,
            "grad is set with = where it has to grow with +=. In a + a both inputs are "
            "one value: the second share overwrites the first, and exactly half of the "
            "blame is left.",
            "write each.grad += share: add to what is there already.",
        ),
        Mistake(
            "exp_uses_input",
            value_with(exp=lambda self, out: (self.data,)),
            "exp passes back its input, self.data. The slope of exp is its output, y.",
            "nudge a from 0 to 0.01: exp goes from 1 to 1.01, so the slope there is 1.",
        ),
        Mistake(
            "exp_of_output",
            value_with(exp=lambda self, out: (np.exp(out.data),)),
            "exp passes back exp(y): the exponential was taken twice. The slope of exp "
            "is its output, y.",
            "y is the slope already; multiply dy by it.",
        ),
        Mistake(
            "exp_without_slope",
            value_with(exp=lambda self, out: (1.0,)),
            "exp passes its blame back unchanged: the local derivative is missing.",
            "multiply dy by y, which is the slope of exp.",
        ),
        Mistake(
            "add_forgets_other",
            value_with(add=lambda self, out, other: (1.0, 0.0)),
            "a + b blames a and forgets b: a sum hands its blame to both.",
            "a sum and a product have two shares, one for each input.",
        ),
        Mistake(
            "add_forgets_self",
            value_with(add=lambda self, out, other: (0.0, 1.0)),
            "a + b blames b and forgets a: a sum hands its blame to both.",
            "a sum and a product have two shares, one for each input.",
        ),
        Mistake(
            "add_shares",
            value_with(add=lambda self, out, other: (0.5, 0.5)),
            "a + b gives half of its blame to each. Nothing is shared out: nudge a by "
            "0.01, and the sum moves by all of 0.01.",
            "hand dy whole to each of the two.",
        ),
        Mistake(
            "add_like_mul",
            value_with(add=lambda self, out, other: (other.data, self.data)),
            "a + b passes back as a product does, times the other input. The slope of "
            "a sum is 1 for both.",
            "nudge a by 0.01: the sum moves by 0.01, whatever b is.",
        ),
        Mistake(
            "mul_forgets_other",
            value_with(mul=lambda self, out, other: (other.data, 0.0)),
            "a * b blames a and forgets b.",
            "a sum and a product have two shares, one for each input.",
        ),
        Mistake(
            "mul_forgets_self",
            value_with(mul=lambda self, out, other: (0.0, self.data)),
            "a * b blames b and forgets a.",
            "a sum and a product have two shares, one for each input.",
        ),
        Mistake(
            "mul_swapped",
            value_with(mul=lambda self, out, other: (self.data, other.data)),
            "In a * b the factors are swapped: a got a times the blame. The slope "
            "against a is b: nudge a by 0.01, and the product moves by 0.01 * b.",
            "the first share is dy * other.data.",
        ),
        Mistake(
            "mul_without_slope",
            value_with(mul=lambda self, out, other: (1.0, 1.0)),
            "a * b passes its blame back unchanged, as a sum does. The local "
            "derivative is the other factor.",
            "the first share is dy * other.data.",
        ),
        Mistake(
            "tanh_not_squared",
            value_with(tanh=lambda self, out: (1 - out.data,)),
            "tanh passes back 1 - y. Its slope is 1 minus the *square* of y.",
            "try an output of -1, where tanh is flat: the slope has to be 0.",
        ),
        Mistake(
            "tanh_uses_input",
            value_with(tanh=lambda self, out: (1 - self.data**2,)),
            "tanh passes back 1 - self.data ** 2, with its input. The formula wants "
            "the output: 1 - y ** 2.",
            "try an input of 3, where tanh is nearly flat.",
        ),
        Mistake(
            "tanh_sign",
            value_with(tanh=lambda self, out: (out.data**2 - 1,)),
            "The slope of tanh has the opposite sign: tanh never falls.",
            "it is 1 - y ** 2, in that order.",
        ),
        Mistake(
            "tanh_without_slope",
            value_with(tanh=lambda self, out: (1.0,)),
            "tanh passes its blame back unchanged: the local derivative is missing.",
            "multiply dy by 1 - y ** 2.",
        ),
        Mistake(
            "tanh_itself",
            value_with(tanh=lambda self, out: (out.data,)),
            "tanh passes back its output, as exp does. Its slope is 1 - y ** 2.",
            "at 0 tanh is steepest; what does yours give there?",
        ),
        *[
            Mistake(
                f"{word}_without_blame",
                local_only_in(operation),
                f"{shown} passes back its local derivative alone: dy, the blame from "
                "above, is missing.",
                "multiply each local derivative by dy.",
            )
            for word, operation, shown in (
                ("add", "add", "a + b"),
                ("mul", "mul", "a * b"),
                ("tanh", "tanh", "tanh"),
                ("exp", "exp", "exp"),
            )
        ],
        Mistake(
            "ignores_upstream",
            local_only_in("add", "mul", "tanh", "exp"),
            "Every operation passes back its local derivative alone: dy, the blame "
            "from above, never arrives.",
            "pass_back hands self.grad to self.shares, and shares multiply by it.",
        ),
        Mistake(
            "without_inputs",
            WithoutInputs,
            "The results do not know their inputs, so nobody can walk back from them.",
            "make it with its inputs: Value(..., (self, other), ...), or (self,).",
        ),
        Mistake(
            "one_input",
            OneInput,
            "A sum and a product know one input and have two.",
            "make it with both of them: Value(..., (self, other), ...).",
        ),
        Mistake(
            "never_handed_over",
            NeverPassesBack,
            "No blame arrives anywhere: pass_back leaves every grad as it was.",
            "for each input, add its share to its grad: each.grad += share.",
        ),
        Mistake(
            "mul_computes_sum",
            computing(mul=lambda a, b: a + b),
            "a * b computes the sum.",
            "its data is self.data * other.data.",
        ),
        Mistake(
            "tanh_of_tan",
            computing(tanh=np.tan),
            "tanh computes the tangent of an angle, which is another function.",
            "its data is np.tanh(self.data).",
        ),
        Mistake(
            "exp_of_two",
            computing(exp=lambda a: 2.0**a),
            "exp computes a power of 2.",
            "its data is np.exp(self.data).",
        ),
    ],
    alternatives=[
        ValueWithShares,
        ValueWithClosures,
        ValueWithPairs,
        ValueWithFormulas,
    ],
)

# ---- topological_order


def topological_order(value):
    order, seen = [], set()

    def visit(node):
        if node in seen:
            return
        seen.add(node)
        for each in node.inputs:
            visit(each)
        order.append(node)

    visit(value)
    return order


def graph_cases(rng, inputs=lambda links, rng: {}):
    def case(note, *links):
        written = [
            [name, list(above), [float(s) for s in rng.uniform(0.6, 1.7, len(above))]]
            for name, *above in links
        ]
        return Case(note, value=Given("graph", {"links": written}))

    yield case("a chain of three", ("a",), ("b", "a"), ("c", "b"))
    yield case("a value alone", ("a",))
    yield case("c = a + a", ("a",), ("c", "a", "a"))
    yield case("a diamond", ("a",), ("b", "a"), ("c", "a"), ("d", "b", "c"), ("e", "d"))
    yield case(
        "a short cut past a long way",
        ("a",),
        ("b", "a"),
        ("c", "b"),
        ("d", "a", "c"),
        ("e", "d", "a"),
    )
    yield case(
        "a short cut that comes last",
        ("a",),
        ("k",),
        ("b", "a", "k"),
        ("c", "b", "k"),
        ("d", "c", "a"),
        ("e", "d", "b"),
        ("f", "e", "a", "c"),
    )
    rungs = [("n0",)]
    for k in range(6):
        rungs += [(f"l{k}", f"n{k}"), (f"r{k}", f"n{k}")]
        rungs.append((f"n{k + 1}", f"l{k}", f"r{k}"))
    yield case("six diamonds in a row", *rungs)


def order_by_ready_inputs(value):
    nodes = [value]
    for node in nodes:
        nodes += [each for each in dict.fromkeys(node.inputs) if each not in nodes]
    order = []
    while nodes:
        ready = [n for n in nodes if all(each in order for each in n.inputs)]
        order += ready
        nodes = [n for n in nodes if n not in ready]
    return order


def order_with_a_stack(value):
    order, seen, stack = [], set(), [(value, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack += [(each, False) for each in node.inputs]
    return tuple(order)


def order_by_recursion(value, found=None):
    found = [] if found is None else found
    for each in reversed(value.inputs):
        if each not in found:
            order_by_recursion(each, found)
    found.append(value)
    return found


def order_joined(value):
    below = [node for each in value.inputs for node in order_joined(each)]
    return list(dict.fromkeys([*below, value]))


def pre_order(value):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            order.append(node)
            for each in node.inputs:
                visit(each)

    visit(value)
    return order


def every_visit(value):
    return [n for each in value.inputs for n in every_visit(each)] + [value]


def level_by_level(value):
    order = [value]
    for node in order:
        order += [each for each in dict.fromkeys(node.inputs) if each not in order]
    return order


def first_input_only(value):
    order = [value]
    while order[0].inputs:
        order.insert(0, order[0].inputs[0])
    return order


def without_leaves(value):
    return [node for node in topological_order(value) if node.inputs]


TOPOLOGICAL_ORDER = Exercise(
    "list_graph(topological_order, value) -> times, too_early",
    name="topological_order",
    points=2,
    reference=topological_order,
    cases=graph_cases,
    mistakes=[
        Mistake(
            "pre_order",
            pre_order,
            "A value is listed before its inputs: it is appended on the way down. In a "
            "diamond no reversing repairs that.",
            "visit all inputs first, then append the value itself.",
        ),
        Mistake(
            "reversed",
            lambda value: topological_order(value)[::-1],
            "The order is right, from back to front: the value comes first, its inputs "
            "after it.",
            "leave the reversing to backward.",
        ),
        Mistake(
            "level_by_level",
            level_by_level,
            "The list goes down level by level, so values stand before their inputs. A "
            "short cut makes it wrong from behind as well.",
            "visit all inputs first, then append the value itself.",
        ),
        Mistake(
            "level_by_level_reversed",
            lambda value: level_by_level(value)[::-1],
            "The levels are reversed, and that is right until there is a short cut: "
            "then a value stands before an input that has a longer way down.",
            "visit all inputs first, then append the value itself.",
        ),
        Mistake(
            "pre_order_reversed",
            lambda value: pre_order(value)[::-1],
            "Appending on the way down and reversing at the end is right for a chain. "
            "In a diamond one input comes too late.",
            "visit all inputs first, then append the value itself.",
        ),
        Mistake(
            "revisits",
            every_visit,
            "Values are listed once for each way that leads to them: twice in a "
            "diamond, 64 times after six of them. Each would pass back as often.",
            "remember what was visited, and return at once on a second visit.",
        ),
        Mistake(
            "first_input_only",
            first_input_only,
            "Only the first input of each value is followed.",
            "loop over all of value.inputs.",
        ),
        Mistake(
            "without_leaves",
            without_leaves,
            "The leaves are missing: values without inputs belong into the list too. "
            "They are the knobs, and their grad has to be reset.",
            "append every value that is visited.",
        ),
        Mistake(
            "without_the_last",
            lambda value: topological_order(value)[:-1],
            "The value itself is missing at the end of the list.",
            "append it after its inputs.",
        ),
        Mistake(
            "only_the_value",
            lambda value: [value],
            "The list holds the value alone: nobody visited its inputs.",
            "visit each of value.inputs in the same way.",
        ),
        Mistake(
            "empty",
            lambda value: [],
            "The list is empty.",
            "visit(value) has to be called once, before the return.",
        ),
    ],
    alternatives=[
        order_by_ready_inputs,
        order_with_a_stack,
        order_by_recursion,
        order_joined,
    ],
)

# ---- backward


def sweep(value, order=topological_order, reset=True, seed=1.0, turn=reversed):
    nodes = order(value)
    for node in nodes if reset else ():
        node.grad = 0.0
    value.grad = seed
    for node in turn(nodes):
        node.pass_back()


def backward(value):
    sweep(value)


def backward_from_the_end(value):
    order = topological_order(value)
    for k in range(len(order)):
        order[k].grad = 0.0
    order[-1].grad = np.float64(1)
    while order:
        order.pop().pass_back()


def backward_by_slice(value):
    order = topological_order(value)[::-1]
    for position, node in enumerate(order):
        node.grad = 1.0 if position == 0 else 0.0
    for node in order:
        if node.inputs:
            node.pass_back()


def backward_with_another_order(value):
    sweep(value, order_by_ready_inputs)


def recursive(value):
    """Pass back along every way, without an order."""
    for node in topological_order(value):
        node.grad = 0.0
    value.grad = 1.0

    def visit(node):
        node.pass_back()
        for each in node.inputs:
            visit(each)

    visit(value)


def resets_while_it_goes(value):
    value.grad = 1.0
    for node in reversed(topological_order(value)):
        for each in node.inputs:
            each.grad = 0.0
        node.pass_back()


BACKWARD_EXERCISE = Exercise(
    "run_backward(backward, value) -> blame, again",
    name="backward",
    points=2,
    reference=backward,
    cases=graph_cases,
    mistakes=[
        Mistake(
            "seed_zero",
            lambda value: sweep(value, seed=0.0),
            "Every grad is 0, and 0 times anything is 0. The last value was not given "
            "its own blame, which is 1, or a reset has erased it.",
            "reset first, then set value.grad = 1.0, then sweep.",
        ),
        Mistake(
            "second_doubles",
            lambda value: sweep(value, reset=False),
            "The first sweep is right. The second adds to the grads of the first, so "
            "they grow with every sweep.",
            "set every node's grad to 0.0 before you begin.",
        ),
        Mistake(
            "not_reversed",
            lambda value: sweep(value, turn=list),
            "Blame comes to the inputs of the last value and no further. Either the "
            "sweep goes from the leaves up, and each node passes back before any blame "
            "has reached it, or only the last value passes back.",
            "bring topological_order through its check, then walk through it reversed.",
        ),
        Mistake(
            "pre_order",
            lambda value: sweep(value, pre_order, turn=list),
            "The nodes are taken from the top down, and in a diamond one passes back "
            "before all of its own blame has come in.",
            "use your topological_order, reversed.",
        ),
        Mistake(
            "along_every_way",
            recursive,
            "Nodes pass back once for each way that leads to them, so what is behind a "
            "diamond is blamed too often.",
            "use your topological_order, reversed: each node passes back once.",
        ),
        Mistake(
            "resets_while_it_goes",
            resets_while_it_goes,
            "A grad is set to 0 while blame is on its way, so a value that is used "
            "twice loses what came first.",
            "set all of them to 0.0 first, in a loop of its own.",
        ),
        Mistake(
            "seed_data",
            lambda value: sweep(value, seed=value.data),
            "The sweep begins with the data of the last value. It begins with its "
            "blame, which is 1.",
            "set value.grad = 1.0.",
        ),
        Mistake(
            "never_swept",
            lambda value: sweep(value, turn=lambda nodes: ()),
            "Nobody passes back: the last value has its 1, and the others have 0.",
            "call node.pass_back(), with brackets, for each node.",
        ),
    ],
    alternatives=[
        backward_from_the_end,
        backward_by_slice,
        backward_with_another_order,
    ],
)

# ---- unbroadcast


def unbroadcast(gradient, shape):
    extra = gradient.ndim - len(shape)
    summed = gradient.sum(axis=tuple(range(extra)))
    stretched = tuple(k for k, size in enumerate(shape) if size == 1)
    return summed.sum(axis=stretched, keepdims=True)


def broadcast_cases(rng):
    def case(note, big, shape):
        return Case(note, gradient=rng.normal(1, 2, size=big), shape=shape)

    yield Case(
        "a bias of shape (3,)",
        gradient=np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]),
        shape=(3,),
    )
    yield case("seven rows and a bias of shape (3,)", (7, 3), (3,))
    yield case("a column of shape (7, 1)", (7, 3), (7, 1))
    yield case("a row of shape (1, 3)", (7, 3), (1, 3))
    yield case("one number, shape ()", (7, 3), ())
    yield case("one number in a table, shape (1, 1)", (7, 3), (1, 1))
    yield case("nothing was broadcast", (7, 3), (7, 3))
    yield case("a square table and shape (4,)", (4, 4), (4,))
    yield case("three axes and shape (5, 1)", (2, 5, 3), (5, 1))
    yield case("three axes and shape (3,)", (2, 5, 3), (3,))
    yield case("three axes and shape (1, 5, 1)", (2, 5, 3), (1, 5, 1))
    yield case("shape (2, 1)", (2, 3), (2, 1))
    yield case("a batch of one and shape (3,)", (1, 3), (3,))


def unbroadcast_with_loops(gradient, shape):
    while gradient.ndim > len(shape):
        gradient = gradient.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1:
            gradient = gradient.sum(axis=axis, keepdims=True)
    return gradient


def unbroadcast_entry_by_entry(gradient, shape):
    total = np.zeros(shape)
    for index in np.ndindex(gradient.shape):
        here = index[gradient.ndim - len(shape) :]
        place = tuple(0 if shape[k] == 1 else i for k, i in enumerate(here))
        total[place] += gradient[index]
    return total


def unbroadcast_by_reshape(gradient, shape):
    full = (1,) * (gradient.ndim - len(shape)) + tuple(shape)
    axes = tuple(
        k for k in range(gradient.ndim) if full[k] == 1 and gradient.shape[k] > 1
    )
    return np.sum(gradient, axis=axes, keepdims=True).reshape(shape)


def unbroadcast_with_einsum(gradient, shape):
    letters = "abcdef"[: gradient.ndim]
    full = (1,) * (gradient.ndim - len(shape)) + tuple(shape)
    kept = "".join(x for x, size in zip(letters, full, strict=True) if size > 1)
    return np.einsum(f"{letters}->{kept}", gradient).reshape(shape)


def by_averaging(gradient, shape):
    spread = gradient.size / max(1, int(np.prod(shape)))
    return unbroadcast(gradient, shape) / spread


def from_the_left(gradient, shape):
    """Sum the last axes away where the first ones are extra."""
    extra = gradient.ndim - len(shape)
    summed = gradient.sum(axis=tuple(range(gradient.ndim - extra, gradient.ndim)))
    stretched = tuple(k for k, size in enumerate(shape) if size == 1)
    return summed.sum(axis=stretched, keepdims=True)


def leading_only(gradient, shape):
    return gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))


def ones_only(gradient, shape):
    stretched = tuple(k for k, n in enumerate(shape) if n == 1)
    return gradient.sum(axis=stretched, keepdims=True)


def without_keepdims(gradient, shape):
    summed = leading_only(gradient, shape)
    return summed.sum(axis=tuple(k for k, n in enumerate(shape) if n == 1))


def first_copy(gradient, shape):
    picked = gradient[(0,) * (gradient.ndim - len(shape))]
    return picked[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)]


def resized(gradient, shape):
    return np.resize(gradient, shape)


def sizes_for_axes(gradient, shape):
    """Take a size for the number of an axis."""
    axes = tuple(k for k in range(gradient.ndim) if k in shape)
    return gradient.sum(axis=axes)


def one_axis_only(gradient, shape):
    if gradient.ndim > len(shape):
        return gradient.sum(axis=0)
    return unbroadcast(gradient, shape)


def first_axis_always(gradient, shape):
    return gradient.sum(axis=0)


UNBROADCAST = Exercise(
    "unbroadcast(gradient, shape) -> summed",
    points=2,
    reference=unbroadcast,
    cases=broadcast_cases,
    mistakes=[
        Mistake(
            "untouched",
            lambda gradient, shape: gradient.copy(),
            "The gradient comes back as it was: nothing was summed.",
            "compare gradient.shape with shape; which axes are extra, which are 1?",
        ),
        Mistake(
            "mean",
            by_averaging,
            "An average stands where a sum belongs. Every place where an entry was "
            "used sends blame, and blame adds up.",
            "use sum in place of mean.",
        ),
        Mistake(
            "first_copy",
            first_copy,
            "Only the first of the copies is kept. An entry that was used in seven "
            "rows gets blame from all seven.",
            "sum over the axis; do not take index 0.",
        ),
        Mistake(
            "leading_only",
            leading_only,
            "The extra axes in front are summed, and the axes of size 1 are not: shape "
            "(7, 1) was stretched along axis 1.",
            "sum each axis where shape has a 1 too, with keepdims=True.",
        ),
        Mistake(
            "ones_only",
            ones_only,
            "The axes of size 1 are summed, and the extra axes in front are not.",
            "while gradient has more axes than shape, sum over axis 0.",
        ),
        Mistake(
            "without_keepdims",
            without_keepdims,
            "An axis of size 1 vanishes: (7, 1) came back as (7,). The shape has to be "
            "that of the array.",
            "sum with keepdims=True, or reshape at the end.",
        ),
        Mistake(
            "from_the_left",
            from_the_left,
            "Shapes were lined up from the left. NumPy lines them up from the right: "
            "the extra axes are the first ones.",
            "sum over axis 0 while there are too many axes.",
        ),
        Mistake(
            "sizes_for_axes",
            sizes_for_axes,
            "The sizes in shape were taken for the numbers of axes.",
            "use enumerate(shape): the axis is k, its size is n.",
        ),
        Mistake(
            "one_axis_only",
            one_axis_only,
            "One extra axis is summed, and there may be two or three; then the axes of "
            "size 1 are left.",
            "use `while` in place of `if`, and go on with the axes of size 1.",
        ),
        Mistake(
            "first_axis_always",
            first_axis_always,
            "Axis 0 is summed, whatever the shape is. That fits a bias, and no other "
            "shape.",
            "compare gradient.shape with shape, from the right.",
        ),
        Mistake(
            "last_axis_always",
            lambda gradient, shape: gradient.sum(axis=-1),
            "The last axis is summed, whatever the shape is. For a bias it is axis 0, "
            "the batch, that has to go.",
            "compare gradient.shape with shape, from the right.",
        ),
        Mistake(
            "everything",
            lambda gradient, shape: gradient.sum(),
            "Everything is summed to one number.",
            "sum only the axes along which the array was stretched.",
        ),
        Mistake(
            "everything_everywhere",
            lambda gradient, shape: np.full(shape, gradient.sum()),
            "Every entry holds the sum of everything.",
            "sum only the axes along which the array was stretched.",
        ),
        Mistake(
            "resized",
            resized,
            "The shape is right, and the numbers are the first ones of gradient: it "
            "was cut, not summed.",
            "sum; nothing of the blame may get lost.",
        ),
    ],
    alternatives=[
        unbroadcast_with_loops,
        unbroadcast_entry_by_entry,
        unbroadcast_by_reshape,
        unbroadcast_with_einsum,
    ],
)

EXERCISES = [
    CHAIN_FORWARD,
    CHAIN_BACKWARD,
    VALUE,
    TOPOLOGICAL_ORDER,
    BACKWARD_EXERCISE,
    UNBROADCAST,
]
