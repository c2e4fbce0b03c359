// Insert settings: everything an insert depends on, stated by every insert, because defaults differ between versions.
import type { ClickHouseSettings } from "@clickhouse/client"

/** Rows and bytes up to which one block stays one part; far above any batch. */
const maxBlockRows = 1 << 24
const maxBlockBytes = 2 ** 31

/**
 * Indexes of `logs`, which only the first merge of a part builds: a part of one batch is few granules, and its indexes
 * cost more to build, and to put on the disk, than they can save a query.
 */
const lateIndexes = "body_tokens, trace, attribute_values, times, sequences, ingests"

/**
 * Settings of an insert that is one part or nothing, under a token: the same bytes under the same token change neither
 * the table nor the rollups hanging on it. An insert that would fall into two partitions is refused rather than torn.
 */
export const insertSettings = (token: string): ClickHouseSettings => ({
  async_insert: 0,
  wait_end_of_query: 1,
  insert_deduplicate: 1,
  insert_deduplication_token: token,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_block_size: String(maxBlockRows),
  min_insert_block_size_rows: String(maxBlockRows),
  min_insert_block_size_bytes: String(maxBlockBytes),
  max_partitions_per_insert_block: "1",
  throw_on_max_partitions_per_insert_block: 1,
  parallel_view_processing: 0,
  input_format_parallel_parsing: 0,
  max_insert_threads: "1",
  exclude_materialize_skip_indexes_on_insert: lateIndexes
})
