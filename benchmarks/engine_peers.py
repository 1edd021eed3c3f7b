"""The same training step in other libraries, and its matrix products alone.

Each function takes a case of `benchmarks/engine.py` and returns a step without
arguments: forward, loss, backward, and new parameters by gradient descent.
"""

import importlib
import warnings

import numpy as np

LEARNING_RATE = 0.01


def bare_products(case):
    """Return the matrix products of a step alone, into arrays made beforehand.

    Notes
    -----
    Three products a layer, and two for the first: nobody needs the gradient at the
    data. Whoever multiplies with the same BLAS cannot be faster.
    """
    rng = np.random.default_rng(9)
    products = []
    for position, (W, _) in enumerate(case.weights):
        x = rng.normal(size=(len(case.x), len(W))).astype(W.dtype)
        y = np.empty((len(x), W.shape[1]), W.dtype)
        products += [(x, W, y), (x.T, y, np.empty_like(W))]
        if position:
            products.append((y, W.T, np.empty_like(x)))

    def step():
        for left, right, out in products:
            np.dot(left, right, out=out)

    return step


def pytorch_step(case):
    """Return a step as PyTorch's own tutorial writes it, on the CPU."""
    import torch

    torch.set_num_threads(1)
    between = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[case.net.activation]
    stack = []
    for W, b in case.weights:
        linear = torch.nn.Linear(*W.shape, dtype=torch.from_numpy(W).dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T.copy()))
            linear.bias.copy_(torch.from_numpy(b))
        stack += [linear, between()]
    model = torch.nn.Sequential(*stack[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    x, targets = torch.from_numpy(case.x), torch.from_numpy(case.targets)
    functions = torch.nn.functional
    loss_of = functions.cross_entropy if case.net.classifies else functions.mse_loss

    def step():
        optimizer.zero_grad()
        loss = loss_of(model(x), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _loss_of(case, numpy):
    """Return ``loss(weights, x, targets)``, to be differentiated by a library."""
    between = {"tanh": numpy.tanh, "relu": lambda z: numpy.maximum(z, 0)}
    activation, classifies = between[case.net.activation], case.net.classifies

    def loss(weights, x, targets):
        for W, b in weights[:-1]:
            x = activation(numpy.dot(x, W) + b)
        W, b = weights[-1]
        y = numpy.dot(x, W) + b
        if not classifies:
            return numpy.mean((y - targets) ** 2)
        shifted = y - numpy.max(y, axis=1, keepdims=True)
        totals = numpy.log(numpy.sum(numpy.exp(shifted), axis=1))
        return numpy.mean(totals - shifted[numpy.arange(len(targets)), targets])

    return loss


def jax_step(case):
    """Return a step that JAX compiled as a whole, its inputs on the device already."""
    import jax

    value_and_grad = jax.value_and_grad(_loss_of(case, jax.numpy))

    def whole(weights, x, targets):
        loss, grads = value_and_grad(weights, x, targets)
        return loss, jax.tree.map(lambda w, dw: w - LEARNING_RATE * dw, weights, grads)

    compiled = jax.jit(whole, donate_argnums=0)
    weights = jax.tree.map(jax.numpy.array, case.weights)
    x, targets = jax.numpy.array(case.x), jax.numpy.array(case.targets)

    def step():
        nonlocal weights
        loss, weights = compiled(weights, x, targets)
        jax.block_until_ready(weights)
        return float(loss)

    return step


def autograd_step(case):
    """Return a step that HIPS autograd differentiates."""
    import autograd

    value_and_grad = autograd.value_and_grad(_loss_of(case, autograd.numpy))
    weights = [tuple(pair) for pair in case.weights]

    def step():
        nonlocal weights
        loss, grads = value_and_grad(weights, case.x, case.targets)
        weights = [
            tuple(w - LEARNING_RATE * dw for w, dw in zip(*pair, strict=True))
            for pair in zip(weights, grads, strict=True)
        ]
        return float(loss)

    return step


def sklearn_step(case):
    """Return scikit-learn's step: `partial_fit` on one batch, without momentum."""
    from sklearn import neural_network

    name = "MLPClassifier" if case.net.classifies else "MLPRegressor"
    model = getattr(neural_network, name)(
        hidden_layer_sizes=case.net.sizes[1:-1],
        activation=case.net.activation,
        solver="sgd",
        alpha=0.0,
        batch_size=len(case.x),
        learning_rate_init=LEARNING_RATE,
        momentum=0.0,
        nesterovs_momentum=False,
        shuffle=False,
    )
    classes = {"classes": np.arange(case.net.sizes[-1])} if case.net.classifies else {}
    targets = case.targets if case.net.classifies else case.targets.ravel()
    model.partial_fit(case.x, targets, **classes)

    def step():
        model.partial_fit(case.x, targets)
        return model.loss_

    return step


PEERS = {
    "PyTorch": ("torch", pytorch_step),
    "JAX jit": ("jax", jax_step),
    "autograd": ("autograd", autograd_step),
    "scikit-learn": ("sklearn", sklearn_step),
}


def load_peers():
    """Return the steps of the libraries that are here, and why others are not."""
    peers, missing = {}, {}
    for name, (module, make) in PEERS.items():
        try:
            library = importlib.import_module(module)
        except ImportError as error:
            missing[name] = error
            continue
        peers[name] = make
        if module == "jax":
            library.config.update("jax_enable_x64", True)
            library.config.update("jax_cpu_enable_async_dispatch", False)
    warnings.filterwarnings("ignore", module="sklearn")
    return peers, missing


def versions(peers):
    """Return the names and versions of the libraries measured, as text."""
    from importlib.metadata import version

    packages = {"sklearn": "scikit-learn"}
    modules = {name: PEERS[name][0] for name in peers}
    return ", ".join(
        f"{name} {version(packages.get(module, module))}"
        for name, module in modules.items()
    )
