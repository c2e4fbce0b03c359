// Engine configuration: ClickHouse's own XML for memory, durability of parts, limits of queries and grants.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { FrontOptions } from "@tailrace/store/front/options"

type Tree = { readonly [name: string]: string | number | Tree | ReadonlyArray<string> }

const escapeXml = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")

const render = (tree: Tree): string =>
  Object.entries(tree)
    .map(([name, value]) => {
      if (Array.isArray(value)) return value.map((one) => `<${name}>${escapeXml(one)}</${name}>`).join("")
      return `<${name}>${typeof value === "object" ? render(value as Tree) : escapeXml(String(value))}</${name}>`
    })
    .join("\n")

/** Every way of the engine to files, addresses and programs that a grant governs. */
const withoutOutside = [
  "REVOKE SOURCES ON *.*",
  ...["File", "URL", "S3", "HDFS", "Executable", "ExecutablePool", "SQLite", "EmbeddedRocksDB", "Kafka", "NATS"].map(
    (engine) => `REVOKE TABLE ENGINE ON ${engine}`
  ),
  "REVOKE CREATE DICTIONARY ON *.*",
  "REVOKE CREATE FUNCTION ON *.*",
  "REVOKE ACCESS MANAGEMENT ON *.*",
  "REVOKE NAMED COLLECTION ADMIN ON *"
]

/**
 * New parts are on the disk before an insert is answered, and merged ones before those they were made of are removed, which the
 * engine does soon: by itself it leaves merged parts to the system, so that a power failure takes rows that had been synced.
 */
const synced = {
  fsync_after_insert: 1,
  fsync_part_directory: 1,
  min_rows_to_fsync_after_merge: 1,
  min_compressed_bytes_to_fsync_after_merge: 1
}

/** Writes the files into `folder` and answers the connection's arguments. The engine reads them as long as it lives. */
export const writeEngineConfig = (folder: string, options: FrontOptions): ReadonlyArray<string> => {
  const users = join(folder, "users.xml")
  const config = join(folder, "config.xml")
  const mebibyte = 1024 * 1024
  writeFileSync(
    config,
    render({
      clickhouse: {
        max_server_memory_usage: options.memoryBytes,
        mark_cache_size: 64 * mebibyte,
        index_mark_cache_size: 32 * mebibyte,
        uncompressed_cache_size: 0,
        index_uncompressed_cache_size: 0,
        query_condition_cache_size: 16 * mebibyte,
        mmap_cache_size: 100,
        // How often the engine compares its memory with what the system counts; 20 times a second by default.
        memory_worker_period_ms: 500,
        // Data of a table that was set aside is nobody's for a while, and waits for it.
        database_catalog_unused_dir_cleanup_period_sec: 0,
        compiled_expression_cache_size: 16 * mebibyte,
        merge_tree: options.fsync ? synced : {},
        users_config: users
      }
    }),
    { mode: 0o600 }
  )
  writeFileSync(
    users,
    render({
      clickhouse: {
        profiles: {
          default: {
            max_execution_time: options.querySeconds,
            max_memory_usage: options.queryMemoryBytes,
            max_result_rows: options.resultRows,
            async_insert: 0,
            // Values are data: nothing in them is worked out, so nothing in them has to be judged.
            input_format_values_interpret_expressions: 0,
            input_format_values_deduce_templates_of_expressions: 0,
            // Judging a statement quotes it, which makes it longer.
            max_query_size: mebibyte
          }
        },
        quotas: { default: {} },
        users: {
          default: {
            password: "",
            networks: { ip: "::/0" },
            profile: "default",
            quota: "default",
            grants: {
              query: [
                "GRANT ALL ON *.*",
                "REVOKE SYSTEM SHUTDOWN ON *.*",
                ...(options.outsideSources ? [] : withoutOutside)
              ]
            }
          }
        }
      }
    }),
    { mode: 0o600 }
  )
  return [`--config-file=${config}`]
}
