import dataclasses
import json

import numpy as np
import pytest

from course_lib.initializers import init_he
from course_lib.layers import (
    linear_backward,
    linear_forward,
    relu_backward,
    relu_forward,
)
from course_lib.losses import mse, softmax_cross_entropy
from course_lib.network import Layer, Network
from course_lib.optimizers import gradient_step, sgd
from course_lib.training import ProgressLine, evaluate, minibatches, train

rng = np.random.default_rng(48)

N, D, C = 53, 5, 3
CENTRES = 4 * rng.normal(size=(C, D))
LABELS = rng.integers(0, C, N)
X = CENTRES[LABELS] + rng.normal(size=(N, D))


def new_network(seed=0, hidden=7):
    draw = np.random.default_rng(seed)
    return Network(
        [
            Layer(
                linear_forward,
                linear_backward,
                W=init_he(D, hidden, draw),
                b=np.zeros(hidden),
            ),
            Layer(relu_forward, relu_backward),
            Layer(
                linear_forward,
                linear_backward,
                W=init_he(hidden, C, draw),
                b=np.zeros(C),
            ),
        ]
    )


def train_some(network=None, **changes):
    settings = {
        "learning_rate": 0.1,
        "rng": np.random.default_rng(1),
        "epochs": 5,
        "batch_size": 8,
    }
    return train(network or new_network(), X, LABELS, **settings | changes)


def one_weight(w=0.0):
    """Return a network ``y = w x`` of one number."""
    return Network(
        [
            Layer(
                lambda x, w: (x * w, (x, w)),
                lambda dy, cache: (dy * cache[1], np.sum(dy * cache[0])),
                w=np.array(w),
            )
        ]
    )


@pytest.mark.parametrize(("n", "size"), [(53, 8), (8, 8), (5, 8), (7, 1)])
def test_an_epoch_of_batches_holds_every_example_once(n, size):
    batches = minibatches(n, size, np.random.default_rng(2))
    assert sorted(np.concatenate(batches)) == list(range(n))
    assert all(len(batch) == size for batch in batches[:-1])
    assert 1 <= len(batches[-1]) <= size


def test_every_epoch_has_its_own_order_and_an_rng_repeats_it():
    draw = np.random.default_rng(3)
    first, second = minibatches(N, N, draw)[0], minibatches(N, N, draw)[0]
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, np.arange(N))
    again = minibatches(N, N, np.random.default_rng(3))[0]
    np.testing.assert_array_equal(first, again)


def test_a_batch_of_nothing_is_refused():
    with pytest.raises(ValueError, match="batch_size is 0, expected at least 1"):
        minibatches(N, 0, rng)
    with pytest.raises(ValueError, match="batch_size is -1, expected at least 1"):
        train_some(batch_size=-1)


def test_one_step_of_training_by_hand():
    # y = 0 x, x = 1 and 2, targets 3 and 4: loss (9 + 16) / 2 = 12.5,
    # dw = 2 ((0-3) 1 + (0-4) 2) / 2 = -11, w = 0 + 0.1 * 11 = 1.1
    # then (1.1 - 3)^2 = 3.61 and (2.2 - 4)^2 = 3.24: mean 3.425
    network = one_weight()
    history = train(
        network,
        np.array([1.0, 2.0]),
        np.array([3.0, 4.0]),
        learning_rate=0.1,
        rng=np.random.default_rng(0),
        n_steps=1,
        loss=mse,
    )
    assert network.layers[0].params["w"] == pytest.approx(1.1)
    assert history.losses == [12.5]
    assert history.train_losses == pytest.approx([12.5, 3.425])
    assert history.train_accuracies == []


def test_training_learns_and_the_history_says_so():
    network = new_network()
    history = train_some(network, epochs=20)
    assert history.train_losses[-1] < 0.1 * history.train_losses[0]
    assert history.train_accuracies[-1] > 0.95
    assert evaluate(network, X, LABELS)[0] == history.train_losses[-1]
    assert history.seconds > 0
    assert history.note == ""


def test_training_is_repeated_exactly_by_the_same_rng():
    assert train_some() == train_some()
    assert train_some() != train_some(rng=np.random.default_rng(2))


def test_the_arrays_given_to_a_network_are_not_changed_by_training():
    network = new_network()
    params = network.params
    before = [{name: w.copy() for name, w in p.items()} for p in params]
    train_some(network)
    for given, copies in zip(params, before, strict=True):
        for name in given:
            np.testing.assert_array_equal(given[name], copies[name])
    assert not np.array_equal(network.params[0]["W"], params[0]["W"])


def test_an_epoch_takes_as_many_steps_as_it_has_batches():
    # 53 examples in batches of 8: six full and one of five
    history = train_some(epochs=2)
    assert len(history.losses) == 14
    assert history.steps == [0, 7, 14]


def test_steps_can_be_counted_instead_and_measured_as_often_as_wanted():
    history = train_some(epochs=None, n_steps=10, measure_every=4)
    assert len(history.losses) == 10
    assert history.steps == [0, 4, 8, 10]
    assert len(history.train_losses) == len(history.train_accuracies) == 4


@pytest.mark.parametrize("length", [{"epochs": None}, {"n_steps": 3}])
def test_the_length_of_training_is_given_once(length):
    with pytest.raises(ValueError, match="expected one of the two"):
        train_some(**length)


def test_validation_examples_are_measured_and_never_trained_on():
    network, same = new_network(), new_network()
    history = train_some(network, validation=(X[:11], LABELS[:11]))
    train_some(same)
    assert len(history.validation_losses) == len(history.steps)
    assert history.validation_losses[-1] == evaluate(network, X[:11], LABELS[:11])[0]
    np.testing.assert_array_equal(network.predict(X), same.predict(X))


def test_inputs_and_targets_have_to_match():
    with pytest.raises(ValueError, match="53 examples and 52 targets"):
        train(new_network(), X, LABELS[:-1], learning_rate=1, rng=rng, epochs=1)
    with pytest.raises(ValueError, match="11 examples and 10 targets"):
        train_some(validation=(X[:11], LABELS[:10]))
    with pytest.raises(ValueError, match="0 examples and 0 targets"):
        train_some(validation=(X[:0], LABELS[:0]))


@pytest.mark.filterwarnings("error")
def test_a_loss_that_is_not_finite_stops_training_and_keeps_the_history(capsys):
    network = one_weight()
    history = train(
        network,
        np.array([1.0, 2.0]),
        np.array([3.0, 4.0]),
        learning_rate=100.0,
        rng=np.random.default_rng(0),
        n_steps=1000,
        loss=mse,
    )
    # The error grows 500 - 1 times a step, its square 2.5e5 times: 1e308 at step 58.
    assert 50 < len(history.losses) < 70
    assert history.losses[-1] == np.inf
    assert np.all(np.isfinite(history.losses[:-1]))
    assert np.isfinite(network.layers[0].params["w"])
    assert history.steps == list(range(len(history.losses)))
    assert f"the loss of step {len(history.losses)} is inf" in history.note
    assert "Divide the learning rate by ten" in history.note
    captured = capsys.readouterr()
    assert history.note in captured.out
    assert captured.err == ""


def test_inputs_that_are_not_finite_stop_training_at_once(capsys):
    network = new_network()
    before = network.params
    history = train(network, X * np.nan, LABELS, learning_rate=0.1, rng=rng, epochs=1)
    assert len(history.losses) == 1
    assert "the loss of step 1 is nan" in history.note
    assert network.params[0]["W"] is before[0]["W"]
    assert "inputs" in capsys.readouterr().out


def test_the_learning_rate_may_be_a_function_of_the_step():
    seen = []

    def falling(step):
        seen.append(step)
        return 0.1 / (1 + step)

    train_some(learning_rate=falling, epochs=None, n_steps=3)
    assert seen == [0, 1, 2]


def test_an_optimizer_gets_its_state_back_a_layer_at_a_time():
    def counting(params, grads, state, learning_rate):
        assert params.keys() == grads.keys()
        state = (state or 0) + 1
        counts.append((tuple(params), state))
        return gradient_step(params, grads, learning_rate), state

    counts = []
    network = new_network()
    train_some(network, optimizer=counting, epochs=None, n_steps=2)
    assert [state for names, state in counts if names] == [1, 1, 2, 2]
    same = new_network()
    train_some(same, optimizer=sgd, epochs=None, n_steps=2)
    np.testing.assert_array_equal(network.predict(X), same.predict(X))


def test_a_layer_used_twice_moves_once_by_the_sum_of_its_gradients():
    # y = w (w x) with w = 3, x = 1, target 8: dy = 2 (9 - 8) = 2,
    # dw = 2 * 3 twice = 12, w = 3 - 0.01 * 12
    network = one_weight(3.0)
    network.layers *= 2
    steps = []

    def counted(params, grads, state, learning_rate):
        steps.append(float(grads["w"]))
        return sgd(params, grads, state, learning_rate)

    train(
        network,
        np.array([1.0]),
        np.array([8.0]),
        learning_rate=0.01,
        rng=rng,
        n_steps=1,
        loss=mse,
        optimizer=counted,
    )
    assert steps == [12.0]
    assert network.layers[0].params["w"] == pytest.approx(2.88)


def test_clipping_limits_a_step_and_leaves_short_ones_alone():
    # y = w x with x = 3, target 0, w = 2: dw = 2 * 6 * 3 = 36, clipped to 1
    network = one_weight(2.0)
    x, target = np.array([[3.0]]), np.array([[0.0]])
    settings = {"learning_rate": 0.1, "n_steps": 1, "loss": mse, "batch_size": 1}
    chance = np.random.default_rng(1)
    train(network, x, target, rng=chance, clip_norm=1.0, **settings)
    assert network.layers[0].params["w"] == pytest.approx(1.9)
    network = one_weight(2.0)
    train(network, x, target, rng=chance, clip_norm=36.5, **settings)
    assert network.layers[0].params["w"] == pytest.approx(2.0 - 3.6)


def test_a_layer_used_twice_is_clipped_by_the_sum_of_its_gradients():
    # y = w w x with x = 3, w = 1: y = 3, dy = 6, each use gives 18, together 36
    network = one_weight(1.0)
    network.layers *= 2
    x, target = np.array([[3.0]]), np.array([[0.0]])
    train(
        network,
        x,
        target,
        learning_rate=1.0,
        n_steps=1,
        loss=mse,
        batch_size=1,
        rng=np.random.default_rng(1),
        clip_norm=0.5,
    )
    assert network.layers[0].params["w"] == pytest.approx(0.5)


def test_layers_are_told_that_this_is_training_and_measured_without():
    modes = []

    def watching_forward(x, training, rng):
        modes.append((training, rng))
        return x, None

    layer = Layer(watching_forward, lambda dy, cache: dy)
    network = Network([*new_network().layers, layer])
    draw = np.random.default_rng(4)
    train_some(network, epochs=None, n_steps=1, rng=draw)
    assert modes == [(False, None), (True, draw), (False, None)]


def test_a_history_is_plain_data():
    history = train_some(validation=(X, LABELS))
    copied = json.loads(json.dumps(dataclasses.asdict(history)))
    assert type(history)(**copied) == history


def test_a_learners_own_loss_is_used():
    def doubled(logits, labels):
        loss, dlogits = softmax_cross_entropy(logits, labels)
        return 2 * loss, 2 * dlogits

    twice = train_some(loss=doubled, learning_rate=0.05)
    assert twice.train_losses == pytest.approx(
        [2 * loss for loss in train_some(learning_rate=0.1).train_losses]
    )


def test_progress_is_called_after_each_step():
    seen = []
    history = train_some(epochs=1, progress=lambda *args: seen.append(args))
    assert seen == [(i + 1, 7, loss) for i, loss in enumerate(history.losses)]


def test_short_training_prints_nothing(capsys):
    train_some()
    assert capsys.readouterr() == ("", "")


def test_the_progress_line_waits_two_seconds_and_says_how_long_it_takes(
    capsys, monkeypatch
):
    monkeypatch.delenv("COURSE_HEADLESS", raising=False)
    times = iter([0.0, 1.0, 3.0, 3.1, 10.0])
    line = ProgressLine(clock=lambda: next(times))
    line(1, 10, 2.3)  # after 1 s
    assert capsys.readouterr().out == ""
    line(3, 10, 2.2)  # after 3 s: one second a step, seven to go
    assert "step 3 of 10, loss 2.2, 7 s left" in capsys.readouterr().out
    line(4, 10, 2.1)  # a tenth of a second later
    assert capsys.readouterr().out == ""
    line(10, 10, 0.5)
    out = capsys.readouterr().out
    assert out.startswith("\rstep 10 of 10, loss 0.5, 10.0 s")
    assert out.endswith("\n")


def test_a_saved_page_keeps_the_last_line_of_progress_alone(capsys, monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    times = iter([0.0, 3.0, 6.0, 10.0])
    line = ProgressLine(clock=lambda: next(times))
    for step in (3, 6, 10):
        line(step, 10, 0.5)
    assert capsys.readouterr().out.split() == [
        "step",
        "10",
        "of",
        "10,",
        "loss",
        "0.5,",
        "10.0",
        "s",
    ]
