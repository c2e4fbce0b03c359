-- Records no stage could take, with their original bytes and the reason, for inspection and replay. Read with FINAL.
CREATE TABLE IF NOT EXISTS dead_letters
(
  tenant LowCardinality(String),
  source LowCardinality(String),
  stage LowCardinality(String),
  reason LowCardinality(String),
  partition UInt16,
  sequence UInt64 CODEC(Delta, ZSTD(1)),
  row UInt32 CODEC(Delta, ZSTD(1)),
  rejected_at DateTime64(3) CODEC(Delta, ZSTD(1)),
  pipeline_version LowCardinality(String),
  payload String CODEC(ZSTD(1)),
  ingested_at DateTime64(3) CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(ingested_at)
ORDER BY (tenant, stage, partition, sequence, row)
SETTINGS
  non_replicated_deduplication_window = 1000,
  min_free_disk_bytes_to_perform_insert = 1073741824,
  fsync_after_insert = 1,
  fsync_part_directory = 1;
