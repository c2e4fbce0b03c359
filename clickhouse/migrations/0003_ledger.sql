-- The account of every batch, per minute of reception, tenant and source:
-- received = stored + deduplicated + dropped + rejected, in each row and so in every sum of rows.
CREATE TABLE IF NOT EXISTS ledger
(
  minute DateTime CODEC(Delta, ZSTD(1)),
  tenant LowCardinality(String),
  source LowCardinality(String),
  partition UInt16,
  first_sequence UInt64 CODEC(Delta, ZSTD(1)),
  last_sequence UInt64 CODEC(Delta, ZSTD(1)),
  attempt UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(3) CODEC(Delta, ZSTD(1)),
  received UInt64 CODEC(ZSTD(1)),
  stored UInt64 CODEC(ZSTD(1)),
  deduplicated UInt64 CODEC(ZSTD(1)),
  dropped UInt64 CODEC(ZSTD(1)),
  rejected UInt64 CODEC(ZSTD(1)),
  dropped_by Map(LowCardinality(String), UInt64) CODEC(ZSTD(1)),
  rejected_by Map(LowCardinality(String), UInt64) CODEC(ZSTD(1)),
  INDEX ingests ingested_at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(ingested_at)
ORDER BY (minute, tenant, source, partition)
SETTINGS
  non_replicated_deduplication_window = 10000,
  merge_selector_base = 20,
  min_free_disk_bytes_to_perform_insert = 1073741824,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1;
