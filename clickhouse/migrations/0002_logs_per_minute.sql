-- Rollup of `logs`: records and body bytes per minute of event time. `ingested_on` is in the key so that one insert is
-- one part here too and a day of the rollup is dropped together with the day of records it counts.
-- The target needs a deduplication window of its own: without one a retried insert would be counted twice.
CREATE TABLE IF NOT EXISTS logs_per_minute
(
  ingested_on Date,
  tenant LowCardinality(String),
  minute DateTime CODEC(Delta, ZSTD(1)),
  service LowCardinality(String),
  severity LowCardinality(String),
  records UInt64 CODEC(ZSTD(1)),
  bytes UInt64 CODEC(ZSTD(1))
)
ENGINE = SummingMergeTree((records, bytes))
PARTITION BY ingested_on
ORDER BY (tenant, minute, service, severity, ingested_on)
SETTINGS
  non_replicated_deduplication_window = 10000,
  merge_selector_base = 20,
  min_free_disk_bytes_to_perform_insert = 1073741824,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS logs_per_minute_view TO logs_per_minute AS
SELECT
  toDate(ingested_at) AS ingested_on,
  tenant,
  toStartOfMinute(timestamp) AS minute,
  service,
  severity,
  count() AS records,
  sum(length(body)) AS bytes
FROM logs
GROUP BY ingested_on, tenant, minute, service, severity;
