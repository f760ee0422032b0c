"""The metrics that a process exports to Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from tests.support.http import http_client

Figures = dict[str, float]


async def figures(url: str) -> Figures:
    """All values by name and labels, such as `x_total{medium="email"}`."""
    async with http_client() as client:
        page = (await client.get(f"{url}/metrics")).text
    found: Figures = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()) if name != "pid")
            found[f"{sample.name.removeprefix('e_rejestracja_')}{{{labels}}}"] = sample.value
    return found
