"""scikit-learn's and NumPy's side of the side-by-side runs: a task a line in JSON from standard input, an answer a line back."""

import json
import platform
import sys
import time
import warnings

import numpy as np
import sklearn
import threadpoolctl
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

# Stopping after a number of iterations is what some tasks ask for.
warnings.simplefilter("ignore", ConvergenceWarning)
HELD = {}


def matrix(task):
    """The matrix that a task names, read the first time."""
    key = task["file"], task.get("rows")
    if key not in HELD:
        HELD.clear()
        count = -1 if task.get("rows") is None else task["rows"] * task["columns"]
        HELD[key] = np.fromfile(task["file"], "<f8", count).reshape(-1, task["columns"])
    return HELD[key]


def load(task):
    return {"rows": len(matrix(task))}


def moments(x, task):
    """The parameters that the labels of a task stand for: scikit-learn then starts from them and from no k-means of its own."""
    labels = np.fromfile(task["labels"], np.uint8)[: len(x)]
    parts = [x[labels == k] for k in range(task["components"])]
    added = task["regularization"] * np.eye(x.shape[1])
    return {
        "weights_init": np.array([len(part) for part in parts]) / len(x),
        "means_init": np.array([part.mean(0) for part in parts]),
        "precisions_init": np.array([np.linalg.inv(np.cov(part.T, bias=True) + added) for part in parts]),
    }


def fit(task):
    """EM with the choices that the task makes, everything else at scikit-learn's defaults."""
    x = matrix(task)
    names = {"iterations": "max_iter", "tolerance": "tol", "seed": "random_state", "regularization": "reg_covar"}
    choices = {theirs: task[ours] for ours, theirs in names.items() if task.get(ours) is not None}
    if task.get("labels"):
        choices |= moments(x, task)
    model = GaussianMixture(task["components"], **choices)
    start = time.perf_counter()
    model.fit_predict(x)
    seconds = time.perf_counter() - start
    answer = {"mean_log_likelihood": model.score(x), "iterations": model.n_iter_, "converged": bool(model.converged_)}
    return {"seconds": seconds, "answer": answer}


def score(task):
    """The mean log-likelihood of the data under parameters that a side has found."""
    x = matrix(task)
    d = x.shape[1]
    model = GaussianMixture(len(task["weights"]))
    model.weights_ = np.array(task["weights"])
    model.means_ = np.array(task["means"]).reshape(-1, d)
    factors = np.linalg.cholesky(np.array(task["covariances"]).reshape(-1, d, d))
    model.precisions_cholesky_ = np.linalg.inv(factors).transpose(0, 2, 1)
    return {"mean_log_likelihood": model.score(x)}


def pca(task):
    key = task["type"]
    if key not in HELD:
        HELD.clear()
        HELD[key] = np.fromfile(task["pixels"], np.uint8).reshape(-1, task["columns"]) / np.array(255, key)
    x = HELD[key]
    assert x.dtype == key
    start = time.perf_counter()
    model = PCA(task["keep"], random_state=0)
    scores = model.fit_transform(x)
    seconds = time.perf_counter() - start
    answer = {
        "variance_kept": float(model.explained_variance_ratio_.sum()),
        "first_variance": float(model.explained_variance_[0]),
        "variance_of_last_score": float(scores[:, -1].astype(float).var(ddof=1)),
    }
    return {"seconds": seconds, "answer": answer}


def gemm(task):
    """One product of two square matrices."""
    n = task["size"]
    if n not in HELD:
        HELD.clear()
        HELD[n] = np.random.default_rng(1).random((2, n, n))
    a, b = HELD[n]
    start = time.perf_counter()
    product = a @ b
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "answer": {"size": n, "agrees": bool(np.isclose(product[0, 0], a[0] @ b[:, 0]))}}


def versions(_task):
    blas = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"][0]
    return {
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "scikit-learn": sklearn.__version__,
        "NumPy's BLAS": f"{blas['internal_api']} {blas['version']}, {blas['num_threads']} threads",
    }


def main():
    tasks = {task.__name__: task for task in (load, fit, score, pca, gemm, versions)}
    for line in sys.stdin:
        task = json.loads(line)
        try:
            reply = tasks[task["task"]](task)
        except Exception as error:  # Whatever it is, the one who asked has to hear of it.
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
