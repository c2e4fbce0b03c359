# One image for collector, processor and api; the command chooses. Node runs the sources as they are, so nothing is built.
FROM node:26.10-slim

WORKDIR /app
ENV NODE_ENV=production

# The packages first: this layer stays as long as the lock file does. No install script of any package is run.
COPY package.json package-lock.json .npmrc ./
COPY apps/api/package.json apps/api/
COPY apps/collector/package.json apps/collector/
COPY apps/processor/package.json apps/processor/
COPY apps/tailrace/package.json apps/tailrace/
COPY apps/store-front/package.json apps/store-front/
COPY libs/access/package.json libs/access/
COPY libs/config/package.json libs/config/
COPY libs/domain/package.json libs/domain/
COPY libs/pipeline/package.json libs/pipeline/
COPY libs/query/package.json libs/query/
COPY libs/redact/package.json libs/redact/
COPY libs/store/package.json libs/store/
COPY libs/streams/package.json libs/streams/
COPY libs/telemetry/package.json libs/telemetry/
COPY libs/testing/package.json libs/testing/
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force

COPY apps apps
COPY libs libs
COPY nats nats
COPY clickhouse clickhouse

# Where the collector keeps its checkpoints.
RUN mkdir -p /var/lib/tailrace && chown node:node /var/lib/tailrace
USER node

CMD ["node", "apps/processor/src/main.ts"]
