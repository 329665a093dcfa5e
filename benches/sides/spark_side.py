"""Spark's side of the run beside scripts/mpi: answers a task a line, as the other sides do.

Spark runs in local mode on all cores. Its GaussianMixture is used as it comes, on the columns of a Parquet file put together into a
vector each; it keeps them in memory itself.
"""

import json
import os
import sys
import time
from pathlib import Path

from pyspark.ml.clustering import GaussianMixture
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession


def session(memory):
    """Spark, which talks a lot, on standard error."""
    build = SparkSession.builder.master(f"local[{len(os.sched_getaffinity(0))}]").config("spark.driver.memory", memory)
    build = build.config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
    return build.config("spark.log.level", "ERROR").getOrCreate()


def heap_peak(spark):
    """The most that each of Java's pools held, added up, in bytes."""
    management = spark.sparkContext._jvm.java.lang.management
    pools = management.ManagementFactory.getMemoryPoolMXBeans()
    return sum(pool.getPeakUsage().getUsed() for pool in pools if pool.getType() == management.MemoryType.HEAP)


def resident_peak(spark):
    process = spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid()
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def fit(spark, task):
    """The time of a whole fit; the parameters it ends with, or, after 0 iterations, those it would start from."""
    rows = spark.read.parquet(task["file"])
    vectors = VectorAssembler(inputCols=rows.columns, outputCol="features").transform(rows).select("features")
    mixture = GaussianMixture(k=task["components"], maxIter=task["iterations"], tol=0.0, seed=task.get("seed", 0))
    begin = time.perf_counter()
    model = mixture.fit(vectors)
    seconds = time.perf_counter() - begin
    parameters = [(row["mean"].toArray().tolist(), row["cov"].toArray().tolist()) for row in model.gaussiansDF.collect()]
    means, covariances = zip(*parameters)
    return {
        "seconds": seconds,
        "weights": model.weights, "means": means, "covariances": covariances,
        "heap": heap_peak(spark), "resident": resident_peak(spark),
    }


def main():
    spark = None
    for line in sys.stdin:
        task = json.loads(line)
        try:
            spark = spark or session(task.get("memory", "8g"))
            if task["task"] == "versions":
                java = spark.sparkContext._jvm.java.lang.System.getProperty("java.version")
                reply = {"Spark": spark.version, "Java": java}
            else:
                reply = fit(spark, task)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the other side is to say it
            reply = {"error": str(fault).splitlines()[0]}
        print(json.dumps(reply), flush=True)


main()
