"""Instruments for data: losses, duplicates, groups, rare classes."""

import numpy as np
import pytest

from course_lib.data_quality import (
    balanced_weights,
    example_losses,
    group_split,
    highest_losses,
    near_duplicates,
    weighted_cross_entropy,
)
from course_lib.gradients import numerical_gradient
from course_lib.losses import softmax_cross_entropy
from course_lib.metrics import accuracy, confusion_matrix, per_class_recall


def test_losses_by_hand_and_their_order():
    logits, labels = np.array([[2.0, 0], [0, 4], [1, 0]]), np.array([0, 0, 1])
    losses = example_losses(logits, labels)
    np.testing.assert_allclose(losses, [0.1269, 4.0181, 1.3133], atol=1e-4)
    assert list(highest_losses(logits, labels, 2)) == [1, 2]


def test_the_mean_of_the_losses_is_the_cross_entropy(rng):
    logits, labels = 900 + rng.normal(0, 5, (13, 5)), rng.integers(5, size=13)
    mean = example_losses(logits, labels).mean()
    assert mean == pytest.approx(softmax_cross_entropy(logits, labels)[0])


def test_near_duplicates_by_hand():
    a, b = np.array([[0.0, 0], [3, 4]]), np.array([[3, 4.1], [0.6, 0.6], [9, 9]])
    assert near_duplicates(a, b, 0.5).tolist() == [[1, 0]]
    assert near_duplicates(a, b, 5.0).tolist() == [[0, 1], [1, 0], [1, 1]]


def test_no_duplicates_are_an_empty_table_of_pairs():
    assert near_duplicates(np.zeros((3, 2)), np.ones((5, 2)), 0.1).shape == (0, 2)


@pytest.mark.parametrize("seed", range(5))
def test_no_group_is_on_both_sides_and_no_row_is_lost(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(100, 113, size=200)
    train, validation = group_split(groups, 0.3, rng)
    assert not set(groups[train]) & set(groups[validation])
    assert sorted([*train, *validation]) == list(range(200))
    assert len(set(groups[validation])) == round(0.3 * len(set(groups)))


def test_chance_decides_which_groups_are_held_out(rng):
    groups = np.arange(10).repeat(3)
    held_out = {tuple(group_split(groups, 0.3, rng)[1]) for _ in range(10)}
    assert len(held_out) > 3


def test_weights_by_hand_and_one_where_all_are_equally_common():
    np.testing.assert_allclose(
        balanced_weights(np.array([0, 0, 0, 0, 1, 1]), 2), [0.75, 1.5]
    )
    np.testing.assert_allclose(balanced_weights(np.arange(12) % 4, 4), np.ones(4))
    assert balanced_weights(np.array([0, 2]), 4)[1] == 0


def test_the_weights_of_all_examples_add_up_to_their_number(rng):
    labels = rng.integers(5, size=41) // 2
    present = balanced_weights(labels, 3)[labels]
    assert present.sum() == pytest.approx(41)


def test_a_weighted_loss_by_hand():
    # Losses 1 and 3 with weights 3 and 1: (3 + 3) / 4.
    logits = np.log(np.array([[np.exp(-1), 1 - np.exp(-1)], [1, np.exp(3) - 1]]))
    loss, _ = weighted_cross_entropy(logits, np.array([0, 0]), np.array([1.0, 1.0]))
    assert loss == pytest.approx(2.0)
    logits = logits[:, ::-1].copy()
    logits[0] = logits[0, ::-1]
    loss, _ = weighted_cross_entropy(logits, np.array([0, 1]), np.array([3.0, 1.0]))
    assert loss == pytest.approx(1.5)


def test_the_weighted_gradient_is_the_numerical_one(rng):
    logits, labels = rng.normal(size=(7, 3)), rng.integers(3, size=7)
    weights = np.array([0.3, 1.0, 4.0])
    numerical = numerical_gradient(
        lambda z: weighted_cross_entropy(z, labels, weights)[0], logits
    )
    dlogits = weighted_cross_entropy(logits, labels, weights)[1]
    np.testing.assert_allclose(dlogits, numerical, atol=1e-9)


def test_equal_weights_are_the_plain_loss_and_their_size_changes_nothing(rng):
    logits, labels = rng.normal(size=(7, 3)), rng.integers(3, size=7)
    plain = softmax_cross_entropy(logits, labels)
    for weights in (np.ones(3), np.full(3, 20.0)):
        loss, dlogits = weighted_cross_entropy(logits, labels, weights)
        assert loss == pytest.approx(plain[0])
        np.testing.assert_allclose(dlogits, plain[1])


def test_confusion_and_recall_by_hand():
    logits = np.array([[5.0, 1, 0], [4, 1, 0], [0, 1, 2], [1, 3, 2]])
    confusion = confusion_matrix(logits, np.array([0, 0, 2, 2]))
    assert confusion.tolist() == [[2, 0, 0], [0, 0, 0], [0, 1, 1]]
    np.testing.assert_array_equal(per_class_recall(confusion), [1, 0, 0.5])


def test_the_diagonal_of_the_confusion_is_the_accuracy(rng):
    logits, labels = rng.normal(size=(53, 5)), rng.integers(5, size=53)
    confusion = confusion_matrix(logits, labels)
    assert confusion.sum() == 53
    assert np.trace(confusion) / 53 == pytest.approx(accuracy(logits, labels))
    np.testing.assert_array_equal(confusion.sum(axis=1), np.bincount(labels))
