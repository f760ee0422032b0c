"""Plain HTTP to the servers of the tests: no proxy of the environment, and no certificates."""

import ssl

import httpx

from tests.support.waiting import patience

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # reading those of the system takes 35 ms for each client


def http_client(url: str = "", seconds: float | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=url, verify=NO_CERTIFICATES, trust_env=False, timeout=patience() if seconds is None else seconds
    )
