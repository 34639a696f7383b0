"""Random letters told from names."""

from __future__ import annotations

import random
import string

import pytest

from logdebug.logs.gibberish import is_random

NAMES = """
MetadataCreateIndexService DiskThresholdMonitor ClusterFormationFailureHelper TransportSearchAction JvmGcMonitorService
IllegalStateException ArrayIndexOutOfBoundsException NullPointerException HttpMessageNotReadableException
createProxyMiddleware getElementsByTagName HTTPSConnectionPool XMLHttpRequestUpload SSLHandshakeException
unhandledRejection PeriodicCheckpointer CrashLoopBackOff FailedScheduling ImagePullBackOff NodeNotReadyTaint
connection-refused-by-upstream wal_receiver_timeout AbstractPlainSocketImpl ForkJoinWorkerThread
KafkaAdminClientRunnable ZooKeeperServerListener ReplicaFetcherManager BlockManagerMasterEndpoint
"""


@pytest.mark.parametrize("alphabet", [string.ascii_letters, f"{string.ascii_letters}-_"])
def test_random_letters_are_known_for_what_they_are(alphabet: str) -> None:
    """Of ten thousand ids of 22 random letters, hardly one in a hundred is taken for a name."""
    chance = random.Random(1)
    ids = ["".join(chance.choices(alphabet, k=22)).encode() for _ in range(10_000)]
    assert sum(map(is_random, ids)) > 9_900


@pytest.mark.parametrize("name", NAMES.split())
def test_names_are_no_random_letters(name: str) -> None:
    """Names of classes, functions, reasons and settings are not taken for ids."""
    assert not is_random(name.encode())


@pytest.mark.parametrize(
    "word", [b"", b"short", b"FNcgVhtEvsy", b"x" * 70, "größeGrößeGrößeGröße".encode(), b"a.b/c:d" * 4]
)
def test_what_is_short_or_not_of_letters_is_not_judged(word: bytes) -> None:
    """Neither words that are too short or long, nor such with other characters, are called random."""
    assert not is_random(word)
