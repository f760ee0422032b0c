# One image for every process of the service: `web` (the default), `worker`, `scheduler`, `migrate` and the commands.
# What can be tested without a Docker engine: tests/processes/test_image.py.

FROM node:22.21.1-bookworm-slim AS explorer
WORKDIR /explorer
COPY explorer/package.json explorer/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY explorer ./
COPY schema/schema.graphql ../schema/schema.graphql
RUN npm run build

FROM node:22.21.1-bookworm-slim AS portal
WORKDIR /portal
COPY schema /schema
COPY portal ./
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run build

FROM python:3.11.14-slim-bookworm AS packages
WORKDIR /build
COPY requirements/tracing.txt ./
RUN python -m venv /packages \
 && /packages/bin/python -m pip install --no-cache-dir --require-hashes -r tracing.txt

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin service
ENV PATH=/packages/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ENVIRONMENT=production \
    LOG_FORMAT=json \
    HOST=0.0.0.0 \
    PORT=8000 \
    WATCH_PORT=8000 \
    DATA_DIR=/tmp/e-rejestracja
WORKDIR /service
COPY --from=packages /packages /packages
COPY --from=explorer /explorer/dist explorer/dist
COPY explorer/static explorer/static
COPY explorer/operations explorer/operations
COPY --from=portal /portal/dist portal/dist
COPY infra infra
COPY models models
COPY schema schema
COPY resolvers resolvers
COPY tasks tasks
COPY web web
COPY server.py settings.py setting_types.py ./
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
ENTRYPOINT ["python", "server.py"]
CMD ["web"]
