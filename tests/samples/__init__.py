"""The five sample incidents of `sample_logs/`: one bad morning at a made-up shop, written by seeded code.

`story` holds what happened when, `traffic` the requests that cross several services, and one module per service how
that service would log it.
"""

from pathlib import Path

from samples import auth, etl, gateway, notif, payment
from samples.traffic import shop_traffic

SEED = 20261118


def sample_files(seed: int = SEED) -> dict[str, str]:
    """Return the text of every sample file, by its path relative to `sample_logs/`.

    Parameters
    ----------
    seed
        The same seed gives the same bytes.
    """
    requests = shop_traffic(seed)
    services = {
        "payment-svc": payment.files(requests, seed),
        "auth-svc": auth.files(requests, seed),
        "notif-worker": notif.files(requests, seed),
        "etl-daily": etl.files(seed),
        "api-gw": gateway.files(requests, seed),
    }
    return {f"{service}/{name}": text for service, files in services.items() for name, text in files.items()}


def write_samples(root: Path, seed: int = SEED) -> list[Path]:
    """Write every sample file below `root` and return their paths."""
    paths = []
    for name, text in sample_files(seed).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        paths.append(path)
    return paths
