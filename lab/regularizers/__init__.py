"""What keeps a model from fitting its training rows too closely, each a pure function by hand.

A regularizer acts in the training loss and nowhere else: a penalty on the parameters, noise on
the weights, or a change of the training batch. Metrics and predictions never see it. Strengths
are numbers of the task, so that a path of strengths is one program; at 0 it does nothing.

`lab.tasks.supervised(source, regularizers=("l2", "mixup"))` names them out of `CATALOG`; the
elastic net is `("l1", "l2")`. Elsewhere: dropout and batch normalization belong to the model;
decoupled decay, proximal steps and the bound on norms to the optimizer (`adamw`, `proximal_l1`,
`proximal_elastic_net`, `max_norm` of `lab.optimizers`).

A new regularizer is a new file here with a tuple `ENTRIES`; nothing else needs an edit.
"""

from lab.catalog import Catalog, collect
from lab.regularizers.regularized_loss import Regularized
from lab.regularizers.regularizer import Facts, Regularizer

CATALOG: Catalog[Regularizer] = collect("regularizer", __name__, __path__)

__all__ = ["CATALOG", "Facts", "Regularized", "Regularizer"]
