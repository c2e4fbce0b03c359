-- What is needed to handle dead letters: how to publish one again, what was said about it, and what was done with it.
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS detail String CODEC(ZSTD(1));
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS records UInt32 DEFAULT 1;
ALTER TABLE dead_letters ADD COLUMN IF NOT EXISTS headers String CODEC(ZSTD(1));

-- What people did with a dead letter: replayed, dropped or edited (the edited bytes are in `payload`). The letter itself
-- never changes; the newest mark of each kind counts. Read with FINAL.
CREATE TABLE IF NOT EXISTS dead_letter_marks
(
  tenant LowCardinality(String),
  stage LowCardinality(String),
  partition UInt16,
  sequence UInt64 CODEC(Delta, ZSTD(1)),
  row UInt32 CODEC(Delta, ZSTD(1)),
  mark LowCardinality(String),
  at DateTime64(3) CODEC(Delta, ZSTD(1)),
  payload String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (tenant, stage, partition, sequence, row, mark)
SETTINGS
  non_replicated_deduplication_window = 1000,
  min_free_disk_bytes_to_perform_insert = 1073741824,
  fsync_after_insert = 1,
  fsync_part_directory = 1;

-- The frame whose rows the sink of a partition stores in several inserts because some of them are refused. While it is
-- not finished, the highest stored sequence does not mean that all of its rows are stored. Read with FINAL.
CREATE TABLE IF NOT EXISTS split_frames
(
  partition UInt16,
  sequence UInt64,
  finished Bool,
  at DateTime64(3)
)
ENGINE = ReplacingMergeTree(at)
ORDER BY partition
SETTINGS
  non_replicated_deduplication_window = 1000,
  min_free_disk_bytes_to_perform_insert = 1073741824,
  fsync_after_insert = 1,
  fsync_part_directory = 1;
