"""The effects of a mistake in words: what a learner or an instructor would see."""

NETWORK = "network"
LONGEST = 120
TOLERANCE = 1e-6  # of a gradient check


def outputs_text(effect):
    """Return how the outputs are wrong: ``"dW 0.2 times the expected values"``.

    Where no output is, as when an input is changed, what the check says in general.
    """
    seen = effect["seen"]
    words = [_output_text(*output) for output in seen["outputs"]]
    words = "; ".join(words) or _shortened(seen["message"])
    return words or effect["verdict"]["status"]


def _output_text(name, text, off):
    if text != "differs" or not off:
        return f"{name} {text}"
    return f"{name} off by up to {off:.2g} times the largest expected value"


def _shortened(text):
    """Return the first sentence of a message, cut where it is long."""
    text = " ".join(text.split())
    first = text.partition(". ")[0].rstrip(".")
    return first if len(first) <= LONGEST else first[: LONGEST - 4].rstrip() + " ..."


def cases_text(effect):
    """Return in how many of the check's inputs the mistake shows, and where alone."""
    shown, of = effect["cases"]["shown"], effect["cases"]["of"]
    if len(shown) == of:
        return f"in every one of {of} cases" if of > 1 else "in the one case"
    if len(shown) == 1:
        return f"in 1 of {of} cases only: {shown[0]}"
    return f"in {len(shown)} of {of} cases"


def gradient_text(effect):
    """Return what the numerical gradient says, in words; "" where none applies."""
    found = effect["gradient"]
    if not found:
        return ""
    if not found["trips"]:
        return "agrees: it does not see this mistake"
    worst = [
        error if name == "it" else f"{name} {_error_text(error)}"
        for name, error in found["worst"].items()
        if isinstance(error, str) or error > TOLERANCE
    ]
    where = f" in {found['trips']} of {found['of']} cases"
    where = "" if found["trips"] == found["of"] else where
    return f"trips{where}: {', '.join(worst)}"


def _error_text(error):
    return error if isinstance(error, str) else f"error {error:.2g}"


def training_text(effect, healthy):
    """Return whether a network still trains with it; "" where it is in none."""
    readings = effect["readings"]
    if not readings:
        return ""
    (poor, curve), (low, accuracy) = readings["training curve"], readings["validation"]
    if curve.startswith("stops"):
        return f"stops: {curve.split(': ', 2)[1]}"
    if "nan" in curve or "inf" in curve:
        return "loss is NaN: it does not train"
    if not (poor or low):
        same = (curve, accuracy) == (
            healthy["training curve"][1],
            healthy["validation"][1],
        )
        how = "as if nothing were wrong" if same else "all the same"
        return f"trains {how}: {accuracy}"
    how = "hardly trains" if _share(accuracy) < 0.5 else "trains worse"
    return f"{how}: {accuracy}, {curve}"


def _share(accuracy):
    try:
        return float(accuracy.split()[0])
    except ValueError:
        return 0.0


def heard_text(effect):
    """Return which instruments of lesson 5 hear it; "" where it is in no network."""
    readings = effect["readings"]
    if not readings:
        return ""
    heard = [name for name, (tripped, _) in readings.items() if tripped]
    if not heard:
        return "silent: no instrument hears it"
    return f"heard by {', '.join(heard)}"


def misheard_text(effect):
    """Return what a wrong instrument misses; "" where the exercise is none."""
    found = effect["misheard"]
    if not found:
        return ""
    if "fails" in found:
        return f"stops on a training run: {found['fails']}"
    missed, heard = found["missed"], found["heard"]
    words = f"hears all {len(heard)} faults"
    if missed:
        words = f"misses {len(missed)} of the {len(heard)} faults it should hear"
        words += f" ({', '.join(missed[:6])}{', ...' if len(missed) > 6 else ''})"
    return words + ("; trips on a healthy run" if found["false"] else "")


def search_text(lesson, exercise, mistake, effect, healthy, code):
    """Return everything by which somebody may look for a mistake."""
    parts = [lesson, exercise, mistake.id.replace("_", " "), mistake.id]
    parts += [mistake.message, mistake.next_step, effect["verdict"]["text"]]
    parts += [effect["seen"]["message"], outputs_text(effect), cases_text(effect)]
    parts += [code.text]
    for about, text in (
        ("gradient check", gradient_text(effect)),
        (NETWORK, training_text(effect, healthy)),
        (NETWORK, heard_text(effect)),
        ("instrument", misheard_text(effect)),
    ):
        parts += [f"{about} {text}"] if text else []
    return " ".join(" ".join(parts).split()).lower()
