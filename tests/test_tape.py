import numpy as np
import pytest

from course_lib.explorers.chain_overwriting import OverwritingValue
from course_lib.tape import Value, backward, topological_order, unbroadcast

rng = np.random.default_rng(3)


def test_a_product_blames_each_factor_by_the_other():
    # c = 2 * 5, dc = 1: a gets 5, b gets 2
    a, b = Value(2.0), Value(5.0)
    backward(a * b)
    assert (a.grad, b.grad) == (5.0, 2.0)


def test_a_value_used_twice_collects_both_shares():
    a = Value(3.0)
    backward(a + a)
    assert a.grad == 2.0
    backward(a * a)
    assert a.grad == 6.0


def test_overwriting_gives_exactly_half_on_a_plus_a():
    a = OverwritingValue(3.0)
    backward(a + a)
    assert a.grad == 1.0


def test_tanh_and_exp_use_their_outputs():
    a = Value(0.4)
    backward(a.tanh())
    assert a.grad == pytest.approx(1 - np.tanh(0.4) ** 2)
    backward(a.exp())
    assert a.grad == pytest.approx(np.exp(0.4))


def test_an_order_lists_each_value_once_and_after_its_inputs():
    a, b = Value(1.0), Value(2.0)
    c = a * b
    d = c.tanh() + c.exp() * a
    order = topological_order(d)
    assert len(order) == len(set(order)) == 7 and order[-1] is d
    place = {node: k for k, node in enumerate(order)}
    assert all(place[each] < place[node] for node in order for each in node.inputs)


def test_a_second_sweep_gives_the_same():
    a = Value(0.3)
    loss = a * a + a.exp()
    backward(loss)
    once = a.grad
    backward(loss)
    assert a.grad == once


def test_arrays_on_the_tape_never_share_memory_with_their_gradients():
    a, b = Value(rng.normal(size=5)), Value(rng.normal(size=5))
    c = a + b
    backward(c + c)
    assert not np.shares_memory(a.grad, b.grad)
    np.testing.assert_array_equal(a.grad, [2.0] * 5)


@pytest.mark.parametrize(
    "shape", [(3,), (1,), (), (1, 1), (7, 1), (1, 3), (7, 3), (5, 7, 3), (5, 1, 1)]
)
def test_unbroadcast_is_the_transpose_of_broadcasting(shape):
    # <dy, broadcast(a)> = <unbroadcast(dy), a> for every a
    dy, a = rng.normal(size=(5, 7, 3)), rng.normal(size=shape)
    summed = unbroadcast(dy, shape)
    assert np.shape(summed) == shape
    stretched = np.broadcast_to(a, dy.shape)
    assert np.sum(dy * stretched) == pytest.approx(np.sum(summed * a))


def test_unbroadcast_by_hand():
    dy = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    np.testing.assert_array_equal(unbroadcast(dy, (3,)), [11, 22, 33])
    np.testing.assert_array_equal(unbroadcast(dy, (2, 1)), [[6], [60]])
