-- The records. One batch is one insert is one part: `ingested_at` is one value per batch, so PARTITION BY never splits it.
-- A record is identified by (partition, sequence, row); the same columns are the offset of the partition's pipeline.
-- Sort keys are hours of 1970..2106: the insert keeps timestamps inside that range.
CREATE TABLE IF NOT EXISTS logs
(
  tenant LowCardinality(String),
  partition UInt16,
  sequence UInt64 CODEC(Delta, ZSTD(1)),
  row UInt32 CODEC(Delta, ZSTD(1)),
  attempt UInt32 CODEC(ZSTD(1)),
  ingested_at DateTime64(3) CODEC(Delta, ZSTD(1)),
  timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
  observed_at DateTime64(9) CODEC(Delta, ZSTD(1)),
  severity_number UInt8,
  severity LowCardinality(String),
  service LowCardinality(String),
  host LowCardinality(String),
  source LowCardinality(String),
  trace_id String CODEC(ZSTD(1)),
  span_id String CODEC(ZSTD(1)),
  body String CODEC(ZSTD(1)),
  parsed Bool,
  template UInt64 DEFAULT 0 CODEC(ZSTD(1)),
  attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  resource Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  INDEX times timestamp TYPE minmax GRANULARITY 1,
  INDEX sequences sequence TYPE minmax GRANULARITY 1,
  INDEX ingests ingested_at TYPE minmax GRANULARITY 1,
  INDEX body_tokens lowerUTF8(body) TYPE tokenbf_v1(32768, 3, 0) GRANULARITY 1,
  INDEX trace trace_id TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX attribute_values mapValues(attributes) TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(ingested_at)
ORDER BY (toStartOfHour(timestamp), service, severity, timestamp)
PRIMARY KEY (toStartOfHour(timestamp), service, severity)
SETTINGS
  non_replicated_deduplication_window = 10000,
  merge_selector_base = 20,
  min_free_disk_bytes_to_perform_insert = 1073741824,
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  ttl_only_drop_parts = 1;
