"""Other right answers to the exercise that writes a test of the pair contract: all earn full marks."""

import torch
from torch.func import jacrev, vmap

from pgmkit.flows import jacobian_log_det


def by_vmap(f, z, *, tolerance=1e-6):
    x, log_det = f(z)
    back, log_det_back = f.inverse(x)
    jacobians = vmap(jacrev(lambda row: f(row[None])[0][0]))(z).reshape(len(z), z[0].numel(), z[0].numel())
    wanted = torch.linalg.slogdet(jacobians)[1]
    if log_det.shape != (len(z),) or log_det_back.shape != (len(z),):
        return False
    errors = [(back - z).abs().max(), (log_det - wanted).abs().max(), (log_det_back + wanted).abs().max()]
    return max(errors).item() < tolerance


def by_finite_differences(f, z, *, tolerance=1e-6, h=1e-4):
    """Central differences of fourth order: exact to about 1e-11."""
    x, log_det = f(z)
    back, log_det_back = f.inverse(x)
    size, columns = z[0].numel(), []
    for i in range(size):
        e = torch.zeros(size, dtype=z.dtype)
        e[i] = h
        e = e.reshape(z.shape[1:])
        column = (8 * (f(z + e)[0] - f(z - e)[0]) - (f(z + 2 * e)[0] - f(z - 2 * e)[0])) / (12 * h)
        columns.append(column.detach().flatten(1))
    wanted = torch.stack(columns, 2).det().abs().log()
    same = lambda a, b: a.shape == b.shape and torch.allclose(a, b, rtol=tolerance, atol=tolerance)  # noqa: E731
    return same(back, z) and same(log_det, wanted) and same(-log_det_back, wanted)


def by_vjp_columns(f, z, *, tolerance=1e-6):
    z = z.detach().clone().requires_grad_(True)
    x, log_det = f(z)
    rows = []
    for i in range(x[0].numel()):
        (slope,) = torch.autograd.grad(x.flatten(1)[:, i].sum(), z, retain_graph=True)
        rows.append(slope.flatten(1))
    jacobians = torch.stack(rows, 1)
    back, log_det_back = f.inverse(x)
    try:
        torch.testing.assert_close(back, z, rtol=tolerance, atol=tolerance)
        torch.testing.assert_close(log_det, torch.linalg.svdvals(jacobians).log().sum(1), rtol=tolerance, atol=tolerance)
        torch.testing.assert_close(log_det_back, -torch.linalg.slogdet(jacobians).logabsdet, rtol=tolerance, atol=tolerance)
    except AssertionError:
        return False
    return True


def by_cancelling(f, z, *, tolerance=1e-6):
    x, log_det = f(z)
    back, log_det_back = f.inverse(x)
    if log_det.ndim != 1 or log_det.shape != log_det_back.shape or log_det.shape[0] != z.shape[0]:
        return False
    checks = [(back - z).abs(), (log_det + log_det_back).abs(), (log_det - jacobian_log_det(lambda v: f(v)[0], z)).abs()]
    return all(bool((check <= tolerance).all()) for check in checks)


def by_both_jacobians(f, z, *, tolerance=1e-6):
    def one_way(g, a):
        b, log_det = g(a)
        wanted = vmap(jacrev(lambda row: g(row[None])[0][0].flatten()))(a).reshape(len(a), a[0].numel(), -1)
        return b, log_det.shape == a.shape[:1] and torch.allclose(log_det, wanted.det().abs().log(), tolerance, tolerance)

    x, right = one_way(f, z)
    back, right_back = one_way(f.inverse, x)
    return torch.as_tensor(right and right_back and torch.allclose(back, z, tolerance, tolerance))


EQUIVALENTS = {
    "keeps_contract": {
        "vmap of jacrev, absolute errors": by_vmap,
        "central differences": by_finite_differences,
        "gradients output by output, assert_close caught": by_vjp_columns,
        "forward's log_det, and that the two cancel": by_cancelling,
        "the Jacobians of both directions": by_both_jacobians,
    }
}
