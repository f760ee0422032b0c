"""Plain HTTP to the tests' servers, without the environment's proxies and without certificates."""

import ssl

import httpx

from tests.support.waiting import patience

NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loading real ones takes 35 ms per client


def http_client(url: str = "", seconds: float | None = None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=url, verify=NO_CERTIFICATES, trust_env=False, timeout=patience() if seconds is None else seconds
    )
