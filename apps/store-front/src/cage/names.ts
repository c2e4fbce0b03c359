// Names that a statement may use besides functions: table functions, engines, formats, tables of the system and kinds of DDL.

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

/** Lower case; what makes rows from its arguments alone. */
export const allowedTableFunctions = words(`
  generaterandom generate_series generateseries null numbers numbers_mt primes sqlstandardvalues values view zeros zeros_mt
`)

/** Lower case; of tables and databases, all of them in the data folder. */
export const allowedEngines = words(`
  aggregatingmergetree atomic coalescingmergetree collapsingmergetree log materializedview memory mergetree null
  replacingmergetree stripelog summingmergetree tinylog versionedcollapsingmergetree view
`)

/** Lower case; codecs of columns and types of indexes, which the parser takes for functions. */
export const allowedStorageWords = words(`
  bloom_filter codec default delta doubledelta fpc gcd gorilla lz4 lz4hc minmax ngrambf_v1 none set sparse_grams t64 text
  tokenbf_v1 zstd
`)

/** Lower case. Not among them is what reads a schema or a template from a file, asks a registry, or is a foreign library. */
const bothWays = words(`
  csv csvwithnames csvwithnamesandtypes json jsoncolumns jsoncolumnswithmetadata jsoncompact jsoncompactcolumns
  jsoncompacteachrow jsoncompacteachrowwithnames jsoncompacteachrowwithnamesandtypes jsoncompactstringseachrow
  jsoncompactstringseachrowwithnames jsoncompactstringseachrowwithnamesandtypes jsoneachrow jsonl jsonlines
  jsonobjecteachrow jsonstringseachrow lineasstring native ndjson raw rawblob rawwithnames rawwithnamesandtypes rowbinary
  rowbinarywithnames rowbinarywithnamesandtypes tabseparated tabseparatedraw tabseparatedrawwithnames
  tabseparatedrawwithnamesandtypes tabseparatedwithnames tabseparatedwithnamesandtypes tskv tsv tsvraw tsvrawwithnames
  tsvrawwithnamesandtypes tsvwithnames tsvwithnamesandtypes values
`)

export const allowedInputFormats: ReadonlySet<string> = new Set([
  ...bothWays,
  ...words("jsonasobject jsonasstring rowbinarywithdefaults rowbinarywithnamesandtypesanddefaults")
])

export const allowedOutputFormats: ReadonlySet<string> = new Set([
  ...bothWays,
  ...words(`
    arrow arrowstream jsoncompacteachrowwithprogress jsoncompactstrings jsoncompactstringseachrowwithprogress
    jsoneachrowwithprogress jsonstrings jsonstringseachrowwithprogress lineasstringwithnames
    lineasstringwithnamesandtypes markdown md null parquet pretty prettycompact prettycompactmonoblock
    prettycompactnoescapes prettycompactnoescapesmonoblock prettyjsoneachrow prettyjsonlines prettymonoblock prettyndjson
    prettynoescapes prettynoescapesmonoblock prettyspace prettyspacemonoblock prettyspacenoescapes
    prettyspacenoescapesmonoblock sqlinsert vertical xml
  `)
])

/** Tables of the database `system` that clients look into: what there is, not what others do or where the machine keeps it. */
export const readerTables = words(`
  columns data_type_families databases formats functions keywords numbers numbers_mt one settings table_engines
  table_functions tables time_zones zeros zeros_mt
`)

/** And those that the product's own questions need. */
export const ownTables: ReadonlySet<string> = new Set([
  ...readerTables,
  ...words(`
    aggregate_function_combinators data_skipping_indices detached_parts disks errors events merge_tree_settings merges
    metrics mutations parts parts_columns processes projections
  `)
])

/** What ALTER may do. Not among them: partitions that come from or go to elsewhere, and users. */
export const allowedAlterations = words(`
  ADD_COLUMN ADD_CONSTRAINT ADD_INDEX ADD_PROJECTION CLEAR_COLUMN COMMENT_COLUMN DELETE DROP_COLUMN DROP_CONSTRAINT
  DROP_INDEX DROP_PARTITION DROP_PROJECTION MATERIALIZE_COLUMN MATERIALIZE_INDEX MATERIALIZE_PROJECTION MATERIALIZE_TTL
  MODIFY_COLUMN MODIFY_COMMENT MODIFY_ORDER_BY MODIFY_QUERY MODIFY_SAMPLE_BY MODIFY_SETTING MODIFY_TTL REMOVE_SAMPLE_BY
  REMOVE_TTL RENAME_COLUMN RESET_SETTING UPDATE
`)

/** What SYSTEM may do, after that word. */
export const allowedSystem = /^(?:START|STOP) (?:MERGES|TTL MERGES)\b/
