"""The words around the tables of flow_speed.md."""

TEXT = """# Speed: `pgmkit.flows` beside four libraries

Made by `make bench`. {versions}; {machine}. Nothing is compiled; everything runs on the CPU in single precision.

**{met} targets met** on one thread. Times are in milliseconds; a ratio below 1 means that pgmkit is faster.

{speed}

## How it is measured

* All libraries run in one process, one after the other, in a new random order each round. The ratio is taken inside each round; the table
  gives the median of these ratios and, in brackets, their quartiles. So what slows down a whole round cancels. Rounds: {rounds}.
* `train` is one step: gradients to zero, minus the mean log-density, backward pass, Adam with `fused=True` for every library. In `train, default
  Adam` ours keeps `fused=True`, as in our recipes, and each peer uses `Adam(parameters)` as it comes.
* `log_prob` and `sample` run in `torch.inference_mode()` and in evaluation mode, for every library.
* Times are medians. On one thread they are CPU time, which other programs do not stretch; on two they are wall time.
  Each number of threads has a process of its own, and it is set before any work.
* A library may be used in several ways. Each is timed for {heats} rounds, and the fastest of each library goes into the race, for every task
  anew. The last table says which.
* `limit` is the coupling networks alone: the same sizes, forward pass, backward pass to weights and inputs, and the same optimizer; the faster
  of two memory formats. A flow made of these layers cannot be faster.
* `turned` is the fastest Glow of any peer after one line of the user, `model.to(memory_format=torch.channels_last)`. No peer's documentation
  does this, so the targets do not count it. But it shows how much of our lead comes from the order of the memory alone.
* Before anything is timed, a tiny model of every form must pass a test: its inverse undoes it, and its log-density agrees with autograd's Jacobian.

## The models

RealNVP: 8 affine couplings in the plane, networks 1-64-64-2 with ReLU, batch 512. Glow: K = 8 steps in each level, L = 2 levels for 8x8x1
and 3 for the others, networks 3x3-1x1-3x3 with 64 hidden channels and ReLU, batch 64. All couplings of all libraries have these networks.
What a library leaves out makes it faster:

| library | what its model leaves out, compared with ours |
|---|---|
| pgmkit | Nothing: data-dependent actnorm, learned PLU convolution, bounded scales, and a Gaussian for each split level that the kept half predicts. It also checks that its input is finite. |
| FrEIA | `AllInOneBlock` has a fixed rotation or permutation in the place of the learned 1x1 convolution, no data-dependent initialisation, no prior at the splits. `GLOWCouplingBlock` leaves nothing out. |
| nflows | Its 1x1 convolution is a fixed permutation and a learned LU product; no prior at the splits. `cached` keeps the product and its inverse between calls in evaluation mode, so it holds for frozen weights only. |
| normflows | No prior at the splits. With `scale_map="exp"` the scales of its couplings have no bound; those of its RealNVP have none in either form. |
| zuko | Has couplings for vectors only, so it cannot build a Glow. |

## Trained parameters and memory

The memory is by how much the peak of resident memory rises during training steps, in a new process for each model, on one thread. The kernels
were loaded before, by a step on four rows.

{sizes}

## Which form of each library was the fastest

{forms}
"""
