"""How a Spark driver logs the life of stages and tasks."""
# ruff: noqa: E501  (log lines are as long as the programs write them)

from dataclasses import dataclass
from datetime import datetime

from samples.journal import Journal, comma
from samples.story import seconds

NODES = {1: "wh-node-1.internal", 2: "wh-node-2.internal", 3: "wh-node-3.internal", 4: "wh-node-4.internal"}
CORES = 4
LOAD_STAGE = 12


@dataclass
class Attempt:
    """One attempt at a task, on one executor."""

    task: int
    attempt: int
    tid: int
    executor: int


class SparkLog(Journal):
    """A driver's log, which numbers the attempts (TID) across stages."""

    tid = 0

    def write(self, moment: datetime, level: str, logger: str, message: str) -> None:
        """Add a line of `logger`."""
        self.add(moment, f"{comma(moment)} {level} {logger}: {message}")

    def start(self, moment: datetime, stage: int, task: int, attempt: int, executor: int) -> Attempt:
        """Write the start of an attempt and return it."""
        tid, self.tid = self.tid, self.tid + 1
        self.write(moment, "INFO", "TaskSetManager",
                   f"Starting task {task}.{attempt} in stage {stage}.0 (TID {tid}) ({NODES[executor]}, executor {executor}, "
                   f"partition {task}, {'NODE_LOCAL' if stage > 4 else 'ANY'}, {self.rng.randint(7800, 9900)} bytes)")  # fmt: skip
        return Attempt(task, attempt, tid, executor)


def submit(log: SparkLog, moment: datetime, stage: int, name: str, tasks: int) -> None:
    """Write the four lines with which a stage begins."""
    kind = "ResultStage" if stage in (1, 2, 4, LOAD_STAGE) else "ShuffleMapStage"
    log.write(
        moment,
        "INFO",
        "DAGScheduler",
        f"Submitting {kind} {stage} (MapPartitionsRDD[{stage * 5 + 2}] at {name}), which has no missing parents",
    )
    log.write(
        moment + seconds(0.02),
        "INFO",
        "MemoryStore",
        f"Block broadcast_{stage}_piece0 stored as bytes in memory (estimated size {log.rng.uniform(30, 90):.1f} KiB, free 3.4 GiB)",
    )
    log.write(
        moment + seconds(0.03),
        "INFO",
        "DAGScheduler",
        f"Submitting {tasks} missing tasks from {kind} {stage} (MapPartitionsRDD[{stage * 5 + 2}] at {name}) (first 15 tasks are for partitions Vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14))",
    )
    log.write(
        moment + seconds(0.04),
        "INFO",
        "TaskSchedulerImpl",
        f"Adding task set {stage}.0 with {tasks} tasks resource profile 0",
    )


def finished(log: SparkLog, moment: datetime, stage: int, tried: Attempt, spent: float, *, progress: str) -> None:
    """Write the end of an attempt that went well; `progress` is as in "12/96"."""
    log.write(
        moment,
        "INFO",
        "TaskSetManager",
        f"Finished task {tried.task}.{tried.attempt} in stage {stage}.0 (TID {tried.tid}) in {spent * 1000:.0f} ms on {NODES[tried.executor]} (executor {tried.executor}) ({progress})",
    )
