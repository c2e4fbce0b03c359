-- Scored deviations of panes, each with its reason in one sentence. Replaced by identity like panes; read with FINAL.
CREATE TABLE IF NOT EXISTS anomalies
(
  tenant LowCardinality(String),
  metric LowCardinality(String),
  detector LowCardinality(String),
  window_start DateTime64(3) CODEC(Delta, ZSTD(1)),
  window_end DateTime64(3) CODEC(Delta, ZSTD(1)),
  partition UInt16,
  key_id String CODEC(ZSTD(1)),
  key Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  value Float64 CODEC(ZSTD(1)),
  expected Float64 CODEC(ZSTD(1)),
  score Float64 CODEC(ZSTD(1)),
  direction LowCardinality(String),
  sentence String CODEC(ZSTD(1)),
  revision UInt32 CODEC(ZSTD(1)),
  sequence UInt64 CODEC(Delta, ZSTD(1)),
  ingested_at DateTime64(3) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(revision)
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (tenant, window_start, metric, detector, partition, key_id)
SETTINGS
  non_replicated_deduplication_window = 1000,
  min_free_disk_bytes_to_perform_insert = 1073741824,
  fsync_after_insert = 1,
  fsync_part_directory = 1;
