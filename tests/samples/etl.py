"""etl-daily: a PySpark driver with its log4j lines. The volume of one warehouse node fills up in the load stage."""
# ruff: noqa: E501  (log lines are as long as the programs write them)

import heapq
from datetime import datetime

from samples.journal import latency_seconds
from samples.neighbours import ETL_CAPACITY, ETL_JOB, ETL_SPARK
from samples.spark import CORES, LOAD_STAGE, NODES, Attempt, SparkLog, finished, submit
from samples.story import at, seconds
from samples.traces import DRIVER_TRACE, FETCH_TRACE, PARQUET_TRACE, WRITE_FAILED, WRITE_TRACE

FULL_NODE = 3
FULL_WHERE = f"({NODES[FULL_NODE]} executor {FULL_NODE})"
LOADED_BEFORE_FULL = 41


# (stage number, what submitted it, tasks, typical seconds of a task)
STAGES = (
    (1, "parquet at NativeMethodAccessorImpl.java:0", 63, 21.0),
    (2, "parquet at NativeMethodAccessorImpl.java:0", 48, 17.0),
    (4, "parquet at NativeMethodAccessorImpl.java:0", 40, 12.0),
    (6, "join at transform.py:112", 96, 60.0),
    (8, "groupBy at transform.py:140", 96, 86.0),
    (10, "repartition at load.py:51", 96, 44.0),
)


def files(seed: int) -> dict[str, str]:
    """Return the files of the incident by name."""
    log = SparkLog("etl-daily", seed)
    _startup(log)
    moment = _extract_checks(log, at("09:30:21.400"))
    for number, (stage, name, tasks, typical) in enumerate(STAGES):
        if number == 3:
            moment = _pipeline(log, moment, "transform", "extract", "rows=48211907 rejected=0 errors=0 skipped_files=1")
        elif number == 5:
            moment = _pipeline(log, moment, "load", "transform", "rows=47980210 null_keys=0 dq_failures=0")
        moment = _stage(log, moment, stage, name, tasks=tasks, typical=typical)
    failed = _load(log, moment)
    _aborted(log, failed)
    _second_try(log, failed + seconds(301))
    return {
        "etl-daily.log": log.text(),
        "job.yaml": ETL_JOB,
        "spark-defaults.conf": ETL_SPARK,
        "capacity.txt": ETL_CAPACITY,
    }


def _startup(log: SparkLog) -> None:
    start = at("09:30:01.882")
    log.write(
        start,
        "INFO",
        "etl_daily.run",
        "etl-daily 3.2.0 business_date=2026-11-17 try 1 of 2 stages=extract,transform,load",
    )
    log.write(
        start + seconds(3.1),
        "WARN",
        "NativeCodeLoader",
        "Unable to load native-hadoop library for your platform... using builtin-java classes where applicable",
    )
    log.write(start + seconds(3.9), "INFO", "SparkContext", "Running Spark version 3.5.7")
    log.write(
        start + seconds(5.6),
        "WARN",
        "SparkConf",
        "The configuration key 'spark.yarn.executor.memoryOverhead' has been deprecated as of Spark 2.3 and may be removed in the future. Please use the new key 'spark.executor.memoryOverhead' instead.",
    )
    for executor, node in NODES.items():
        log.write(start + seconds(8 + executor / 9), "INFO", "StandaloneSchedulerBackend$StandaloneDriverEndpoint",
                  f"Registered executor NettyRpcEndpointRef(spark-client://Executor) (10.20.7.{10 + executor}:{log.rng.randint(39_000, 52_000)}) with ID {executor},  ResourceProfileId 0")  # fmt: skip
        log.write(
            start + seconds(8.2 + executor / 9),
            "INFO",
            "BlockManagerMasterEndpoint",
            f"Registering block manager {node}:41233 with 3.4 GiB RAM, BlockManagerId({executor}, {node}, 41233, None)",
        )


def _extract_checks(log: SparkLog, moment: datetime) -> datetime:
    log.write(moment, "INFO", "etl_daily.run", "stage extract started")
    for source, parts in (("orders", 64), ("payments", 48), ("customers", 40)):
        for part in range(parts):
            moment += seconds(latency_seconds(log.rng, 0.62, 0.5))
            name = f"s3a://shop-lake/raw/{source}/dt=2026-11-17/part-{part:05}.parquet"
            if (source, part) == ("orders", 17):
                log.write(
                    moment,
                    "ERROR",
                    "etl_daily.extract",
                    f"cannot read footer of {name} (2097152 bytes)\n{PARQUET_TRACE}",
                )
                log.write(
                    moment + seconds(0.4),
                    "WARN",
                    "etl_daily.extract",
                    f"skipped corrupt file 1 of at most 3, moved to s3a://shop-lake/quarantine/{source}/dt=2026-11-17/part-{part:05}.parquet",
                )
            elif part % 4 == 0 or part == parts - 1:
                log.write(
                    moment,
                    "INFO",
                    "etl_daily.extract",
                    f"checked {part + 1}/{parts} {source} files, last {name} row_groups={log.rng.randint(2, 6)} rows={log.rng.randint(180_000, 420_000)}",
                )
    return moment + seconds(2)


def _pipeline(log: SparkLog, moment: datetime, stage: str, before: str, counts: str) -> datetime:
    log.write(moment + seconds(0.3), "INFO", "etl_daily.run", f"stage {before} finished {counts}")
    log.write(moment + seconds(0.31), "INFO", "etl_daily.run", f"stage {stage} started")
    return moment + seconds(1.5)


def _stage(log: SparkLog, moment: datetime, stage: int, name: str, *, tasks: int, typical: float) -> datetime:
    """Run a stage on all cores; in stage 4 one task loses its S3 read and succeeds at the second attempt."""
    began = moment
    submit(log, began, stage, name, tasks)
    free = [(moment + seconds(0.05 + slot / 1000), slot % len(NODES) + 1) for slot in range(len(NODES) * CORES)]
    ends = []
    for task in range(tasks):
        now, executor = heapq.heappop(free)
        tried = log.start(now, stage, task, 0, executor)
        spent = latency_seconds(log.rng, typical, 0.25)
        if (stage, task) == (4, 22):
            now += seconds(spent)
            log.write(
                now,
                "WARN",
                "TaskSetManager",
                f"Lost task 22.0 in stage 4.0 (TID {tried.tid}) ({NODES[executor]} executor {executor}): {FETCH_TRACE}",
            )
            tried = log.start(now + seconds(0.01), stage, task, 1, executor)
        end = now + seconds(spent)
        ends.append((end, tried, spent))
        heapq.heappush(free, (end + seconds(0.002), executor))
    for done, (end, tried, spent) in enumerate(sorted(ends, key=lambda item: item[0]), start=1):
        finished(log, end, stage, tried, spent, progress=f"{done}/{tasks}")
    last = max(end for end, _, _ in ends)
    log.write(
        last + seconds(0.004),
        "INFO",
        "TaskSchedulerImpl",
        f"Removed TaskSet {stage}.0, whose tasks have all completed, from pool ",
    )
    kind = "ResultStage" if stage in (1, 2, 4) else "ShuffleMapStage"
    log.write(
        last + seconds(0.006),
        "INFO",
        "DAGScheduler",
        f"{kind} {stage} ({name}) finished in {(last - began).total_seconds():.3f} s",
    )
    return last + seconds(1.2)


def _load(log: SparkLog, moment: datetime) -> datetime:
    """Write the load: all goes well until the volume of one node is full, where four attempts of a task then fail."""
    log.write(
        moment - seconds(0.9),
        "INFO",
        "etl_daily.load",
        "target /data/warehouse/fact_orders/dt=2026-11-17 buckets=96 expected=152 GiB (38 GiB per node)",
    )
    log.write(
        moment - seconds(0.4),
        "WARN",
        "etl_daily.load",
        "low free space on wh-node-3.internal: /data/warehouse 96.6% used, 17.2 GiB free (min_free_percent_warn=15); wh-node-1 67.4%, wh-node-2 68.2%, wh-node-4 66.9%",
    )
    submit(log, moment, LOAD_STAGE, "parquet at NativeMethodAccessorImpl.java:0", 96)
    slots = [(moment + seconds(0.05 + slot / 1000), slot % len(NODES) + 1) for slot in range(len(NODES) * CORES)]
    heapq.heapify(slots)
    done = []
    for task in range(LOADED_BEFORE_FULL + len(slots)):
        now, executor = heapq.heappop(slots)
        tried = log.start(now, LOAD_STAGE, task, 0, executor)
        spent = latency_seconds(log.rng, 78.0, 0.16)
        done.append((now + seconds(spent), tried, spent))
        heapq.heappush(slots, (now + seconds(spent + 0.002), executor))
    done.sort(key=lambda item: item[0])
    for number, (end, tried, spent) in enumerate(done[:LOADED_BEFORE_FULL], start=1):
        finished(log, end, LOAD_STAGE, tried, spent, progress=f"{number}/96")
    full = done[LOADED_BEFORE_FULL - 1][0] + seconds(3.217)
    unfinished = done[LOADED_BEFORE_FULL:]
    aborted = _out_of_space(log, full, moment, [tried for _, tried, _ in unfinished if tried.executor == FULL_NODE])
    elsewhere = [run for run in unfinished if run[1].executor != FULL_NODE]
    for number, (end, tried, spent) in enumerate(
        [run for run in elsewhere if run[0] < aborted], LOADED_BEFORE_FULL + 1
    ):
        finished(log, end, LOAD_STAGE, tried, spent, progress=f"{number}/96")
    _killed(log, aborted, [tried for end, tried, _ in elsewhere if end >= aborted])
    return aborted


def _killed(log: SparkLog, aborted: datetime, running: list[Attempt]) -> None:
    moment = aborted
    for tried in running:
        moment += seconds(log.rng.uniform(0.05, 0.3))
        log.write(
            moment,
            "WARN",
            "TaskSetManager",
            f"Lost task {tried.task}.{tried.attempt} in stage 12.0 (TID {tried.tid}) ({NODES[tried.executor]} executor {tried.executor}): TaskKilled (Stage cancelled: Job aborted due to stage failure)",
        )


def _out_of_space(log: SparkLog, full: datetime, began: datetime, running: list[Attempt]) -> datetime:
    """Fail the tasks of the full node, all of them again and again, until the first has failed four times."""
    failed = {tried.task: full + seconds(number * 0.731) for number, tried in enumerate(running)}
    duplicates = 0
    for attempt in range(4):
        if attempt:
            running = [
                log.start(failed[tried.task] + seconds(0.01), LOAD_STAGE, tried.task, attempt, FULL_NODE)
                for tried in running
            ]
        pause = log.rng.uniform(4, 6) if attempt else 0.0
        for tried in running[: 1 if attempt == 3 else None]:
            moment = failed[tried.task] = failed[tried.task] + seconds(pause + log.rng.uniform(0, 0.15))
            error = WRITE_TRACE if duplicates == 0 else f"({WRITE_FAILED}) [duplicate {duplicates}]"
            _lost(log, moment, tried, error)
            duplicates += 1
    last = running[0]
    _job_aborted(log, moment, last, (moment - began).total_seconds())
    return moment + seconds(0.5)


def _lost(log: SparkLog, moment: datetime, tried: Attempt, error: str) -> None:
    """Write a lost task as Spark does: the first with its trace, what repeats it in brief and as mere information."""
    what = f"Lost task {tried.task}.{tried.attempt} in stage 12.0 (TID {tried.tid})"
    if error.startswith("("):
        where = f"on {NODES[FULL_NODE]}, executor {FULL_NODE}: org.apache.spark.SparkException"
        log.write(moment, "INFO", "TaskSetManager", f"{what} {where} {error}")
    else:
        log.write(moment, "WARN", "TaskSetManager", f"{what} {FULL_WHERE}: {error}")


def _job_aborted(log: SparkLog, moment: datetime, last: Attempt, took_seconds: float) -> None:
    reason = (
        f"Job aborted due to stage failure: Task {last.task} in stage 12.0 failed 4 times, most recent failure: "
        f"Lost task {last.task}.3 in stage 12.0 (TID {last.tid}) {FULL_WHERE}: {WRITE_TRACE}"
    )
    log.write(
        moment + seconds(0.003),
        "ERROR",
        "TaskSetManager",
        f"Task {last.task} in stage 12.0 failed 4 times; aborting job",
    )
    log.write(moment + seconds(0.009), "INFO", "TaskSchedulerImpl", "Cancelling stage 12")
    log.write(
        moment + seconds(0.011),
        "INFO",
        "DAGScheduler",
        f"ResultStage 12 (parquet at NativeMethodAccessorImpl.java:0) failed in {took_seconds:.3f} s due to {reason}\nDriver stacktrace:",
    )
    log.write(
        moment + seconds(0.140),
        "ERROR",
        "FileFormatWriter",
        f"Aborting job 3f0c6a52-8b0e-4a57-9d55-0b8f6e1f1c2d.\norg.apache.spark.SparkException: {reason}",
    )
    log.write(
        moment + seconds(0.422),
        "ERROR",
        "etl_daily.run",
        "stage load failed\n" + DRIVER_TRACE.format(task=last.task, tid=last.tid),
    )


def _aborted(log: SparkLog, moment: datetime) -> None:
    log.write(
        moment + seconds(2.1),
        "WARN",
        "etl_daily.load",
        "removing _temporary below /data/warehouse/fact_orders/dt=2026-11-17, partition left as of the previous run",
    )
    log.write(
        moment + seconds(9.8),
        "ERROR",
        "etl_daily.load",
        "cleanup on wh-node-3.internal incomplete: [Errno 28] No space left on device: '/data/warehouse/_cleanup/journal-20261118.tmp'",
    )
    log.write(moment + seconds(10.2), "INFO", "SparkContext", "SparkContext is stopping with exitCode 1.")
    log.write(moment + seconds(11.0), "INFO", "etl_daily.run", "try 1 of 2 failed, next try in 5 min")


def _second_try(log: SparkLog, moment: datetime) -> None:
    log.write(
        moment, "INFO", "etl_daily.run", "etl-daily 3.2.0 business_date=2026-11-17 try 2 of 2, resuming at stage load"
    )
    log.write(moment + seconds(6.2), "INFO", "SparkContext", "Running Spark version 3.5.7")
    log.write(
        moment + seconds(14.6),
        "WARN",
        "etl_daily.load",
        "low free space on wh-node-3.internal: /data/warehouse 100.0% used, 0.0 GiB free (min_free_percent_warn=15); wh-node-1 63.2%, wh-node-2 64.1%, wh-node-4 62.3%",
    )
    trace = WRITE_TRACE.rstrip("\n")
    log.write(
        moment + seconds(31.9),
        "ERROR",
        "FileFormatWriter",
        f"Aborting job 8f3f1d0e-52a3-45a8-9a0e-6dd8a5b7c901.\n{trace}",
    )
    log.write(
        moment + seconds(32.4),
        "ERROR",
        "etl_daily.run",
        "try 2 of 2 failed in stage load, giving up; fact_orders dt=2026-11-17 not published",
    )
    log.write(moment + seconds(32.5), "INFO", "etl_daily.run", "exit 1")
