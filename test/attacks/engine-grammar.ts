// Grammar of statements that try to get out of the engine: names of every kind, in every position, spelled in every way.

/** What the engine knows, as it tells itself. */
export interface EngineWords {
  readonly functions: ReadonlyArray<string>
  readonly tableFunctions: ReadonlyArray<string>
  readonly engines: ReadonlyArray<string>
  readonly databaseEngines: ReadonlyArray<string>
  readonly settings: ReadonlyArray<string>
  readonly inputFormats: ReadonlyArray<string>
  readonly outputFormats: ReadonlyArray<string>
  readonly systemTables: ReadonlyArray<string>
}

/** What an attacker would like to reach. */
export interface Targets {
  /** A file whose content must not be told. */
  readonly canary: string
  /** A path that must not come to be. */
  readonly made: string
  /** host:port on which nothing must be heard. */
  readonly listener: string
}

export interface Attempt {
  readonly sql: string
  /** Of the address, besides the statement. */
  readonly params: Readonly<Record<string, string>>
}

export type Random = () => number

export const pick = <A>(random: Random, list: ReadonlyArray<A>): A => list[Math.floor(random() * list.length)] as A

const hex = (char: string): string => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`
const flip = (random: Random, name: string): string =>
  [...name].map((char) => (random() < 0.5 ? char.toUpperCase() : char.toLowerCase())).join("")

/** Ways to write a name that mean the same to the engine, or that it refuses by itself. */
const spellings: ReadonlyArray<(name: string, random: Random) => string> = [
  (name) => name,
  (name) => `\`${name}\``,
  (name) => `"${name}"`,
  (name, random) => {
    const at = Math.floor(random() * name.length)
    return `\`${name.slice(0, at)}${hex(name[at] ?? "a")}${name.slice(at + 1)}\``
  },
  (name) => `\`${[...name].map(hex).join("")}\``,
  (name, random) => flip(random, name),
  (name) => `/* a */ ${name} -- b\n`,
  (name) => `${name}/**/`,
  (name) => `\u00a0${name}\u2060`,
  (name) => `“${name}”`
]

const spell = (random: Random, name: string): string => pick(random, spellings)(name, random)

const text = (value: string): string => `'${value.replace(/[\\']/g, "\\$&")}'`

/** Arguments that would do harm if the name before them did. */
const argumentsFor = (random: Random, { canary, made, listener }: Targets): string =>
  pick(random, [
    text(canary),
    `${text(canary)}, 'LineAsString'`,
    `${text(canary)}, 'LineAsString', 'line String'`,
    `${text(`http://${listener}/x`)}, 'LineAsString'`,
    `${text(`http://${listener}/x`)}, 'LineAsString', 'line String'`,
    `${text(listener)}, 'db', 'table', 'user', 'password'`,
    `${text(`http://${listener}/bucket/key`)}, 'user', 'password', 'LineAsString', 'line String'`,
    `${text(listener)}, currentDatabase(), 'x'`,
    `'cat ${canary}', 'LineAsString', 'line String'`,
    text(made),
    `'system', '.*'`,
    "1",
    "1, 2",
    ""
  ])

/** Where a function may stand in a statement; `call` is the name with its arguments, `name` alone. */
const positions: ReadonlyArray<(call: string, name: string, targets: Targets) => string> = [
  (call) => `SELECT ${call}`,
  (call) => `SELECT 1 WHERE ${call} = '' OR 1`,
  (call) => `SELECT number FROM numbers(2) GROUP BY number HAVING ${call} != ''`,
  (call) => `SELECT number FROM numbers(2) ORDER BY ${call}`,
  (call) => `SELECT number FROM numbers(2) LIMIT 1 BY ${call}`,
  (call) => `SELECT number FROM numbers(2) LIMIT length(toString(${call}))`,
  (call) => `SELECT sum(number) OVER (PARTITION BY ${call}) FROM numbers(2)`,
  (call) => `SELECT sum(number) OVER w FROM numbers(2) WINDOW w AS (ORDER BY ${call})`,
  (call) => `WITH ${call} AS x SELECT x`,
  (call) => `WITH x AS (SELECT ${call}) SELECT * FROM x`,
  (call) => `SELECT (SELECT ${call})`,
  (call) => `SELECT 1 UNION ALL SELECT length(toString(${call}))`,
  (call) => `SELECT arrayMap(x -> ${call}, [1])`,
  (_, name, { canary }) => `SELECT arrayMap(${name}, [${text(canary)}])`,
  (_, name, { canary }) => `WITH ${name} AS g SELECT arrayMap(g, [${text(canary)}])`,
  (_, name, { canary }) => `SELECT * APPLY(${name}) FROM (SELECT ${text(canary)} AS x)`,
  (_, name, { canary }) => `SELECT * APPLY ${name} FROM (SELECT ${text(canary)} AS x)`,
  (_, name, { canary }) => `SELECT COLUMNS('x') APPLY(y -> ${name}(y)) FROM (SELECT ${text(canary)} AS x)`,
  (call) => `SELECT * REPLACE(${call} AS number) FROM numbers(1)`,
  (call) => `SELECT arrayJoin([${call}])`,
  (call) => `SELECT number FROM numbers(2) ARRAY JOIN [${call}] AS a`,
  (call) => `SELECT 1 FROM numbers(1) AS a JOIN numbers(1) AS b ON toString(a.number) = toString(${call})`,
  (call) => `SELECT 1 IN (SELECT ${call})`,
  (call) => `SELECT CASE WHEN 1 THEN ${call} END`,
  (call) => `SELECT ${call}::String`,
  (call) => `EXPLAIN SELECT ${call}`,
  (call) => `EXPLAIN SYNTAX run_query_tree_passes = 1 SELECT ${call}`,
  (call) => `EXPLAIN QUERY TREE SELECT ${call}`,
  (call) => `EXPLAIN ESTIMATE SELECT * FROM ${call}`,
  (call) => `DESCRIBE (SELECT ${call} AS x)`,
  (call) => `DESCRIBE TABLE ${call}`,
  (call) => `SELECT * FROM ${call}`,
  (call) => `SELECT * FROM view(SELECT * FROM ${call})`,
  (call) => `SELECT * FROM loop(${call}) LIMIT 1`,
  (call) => `SELECT * FROM remote('127.0.0.1', ${call})`,
  (call) => `INSERT INTO FUNCTION ${call} SELECT 'x'`,
  (call) => `INSERT INTO FUNCTION ${call} VALUES ('x')`,
  (call) => `INSERT INTO fuzz.t SELECT ${call}`,
  (call) => `INSERT INTO fuzz.t SELECT * FROM ${call}`,
  (call) => `INSERT INTO fuzz.t VALUES (${call})`,
  (call) => `INSERT INTO fuzz.t FORMAT Values (${call})`,
  (call) => `CREATE VIEW fuzz.v AS SELECT ${call}`,
  (call) => `CREATE MATERIALIZED VIEW fuzz.m TO fuzz.t AS SELECT ${call} AS a`,
  (call) => `CREATE TABLE fuzz.c AS ${call}`,
  (call) => `CREATE TABLE fuzz.c ENGINE = Memory AS SELECT ${call}`,
  (call) => `CREATE TABLE fuzz.c (a String DEFAULT ${call}) ENGINE = Memory`,
  (call) => `CREATE TABLE fuzz.c (a String, b String MATERIALIZED ${call}) ENGINE = Memory`,
  (call) => `CREATE TABLE fuzz.c (a String ALIAS ${call}) ENGINE = Memory`,
  (call) => `CREATE TABLE fuzz.c (a DateTime TTL a + toIntervalDay(length(${call}))) ENGINE = MergeTree ORDER BY ()`,
  (call) => `CREATE TABLE fuzz.c (a String, INDEX i ${call} TYPE minmax) ENGINE = MergeTree ORDER BY a`,
  (call) => `CREATE TABLE fuzz.c (a String, CONSTRAINT k CHECK ${call} = '') ENGINE = MergeTree ORDER BY a`,
  (call) => `CREATE TABLE fuzz.c (a String, PROJECTION p (SELECT ${call} ORDER BY a)) ENGINE = MergeTree ORDER BY a`,
  (call) => `CREATE TABLE fuzz.c (a String) ENGINE = MergeTree ORDER BY ${call}`,
  (call) => `CREATE TABLE fuzz.c (a String) ENGINE = MergeTree PARTITION BY ${call} ORDER BY a`,
  (call) => `CREATE TABLE fuzz.c (a String) ENGINE = ${call}`,
  (_, name) => `CREATE TABLE fuzz.c (a String) ENGINE = ${name}`,
  (call) => `CREATE DATABASE fuzz2 ENGINE = ${call}`,
  (call) => `CREATE FUNCTION own AS (x) -> ${call}`,
  (call) => `ALTER TABLE fuzz.t ADD COLUMN z String DEFAULT ${call}`,
  (call) => `ALTER TABLE fuzz.t UPDATE a = ${call} WHERE 1`,
  (call) => `ALTER TABLE fuzz.t DELETE WHERE ${call} = ''`,
  (call) => `DELETE FROM fuzz.t WHERE ${call} = ''`,
  (call) => `KILL QUERY WHERE query_id = ${call} ASYNC`,
  (call) => `BACKUP TABLE fuzz.t TO ${call}`,
  (call) => `RESTORE TABLE fuzz.t FROM ${call}`,
  (call) => `CREATE TABLE fuzz.c (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = ${call}`
]

/** A call of a name, or the name alone, somewhere in a statement. */
export const attemptWithName = (random: Random, name: string, targets: Targets): Attempt => {
  const spelled = spell(random, name)
  const given = argumentsFor(random, targets)
  const call = `${spelled}${random() < 0.1 ? " " : ""}(${given})`
  const position = pick(random, positions)
  if (random() < 0.04) {
    return { sql: `SELECT arrayMap({f:Identifier}, [${text(targets.canary)}])`, params: { param_f: name } }
  }
  return { sql: position(call, spelled, targets), params: {} }
}

const settingValues = ({ canary, made, listener }: Targets): ReadonlyArray<string> => [
  canary,
  made,
  `http://${listener}/`,
  listener,
  "1",
  "0",
  "1000000000000"
]

const settingPositions: ReadonlyArray<(name: string, value: string) => Attempt> = [
  (name, value) => ({ sql: "SELECT 1", params: { [name]: value } }),
  (name, value) => ({ sql: `SELECT 1 SETTINGS ${name} = ${text(value)}`, params: {} }),
  (name, value) => ({ sql: `SELECT 1 FORMAT JSONEachRow SETTINGS ${name} = ${text(value)}`, params: {} }),
  (name, value) => ({
    sql: `SELECT * FROM (SELECT 1 SETTINGS max_threads = 1, \`${name}\` = ${text(value)})`,
    params: {}
  }),
  (name, value) => ({ sql: `SET ${name} = ${text(value)}`, params: {} }),
  (name, value) => ({ sql: `SET max_threads = 1, ${name} = ${text(value)}`, params: { session_id: "fuzz" } }),
  (name, value) => ({ sql: `INSERT INTO fuzz.t SETTINGS ${name} = ${text(value)} VALUES ('x')`, params: {} }),
  (name, value) => ({ sql: `CREATE VIEW fuzz.v AS SELECT 1 SETTINGS ${name} = ${text(value)}`, params: {} }),
  (name, value) => ({
    sql: `CREATE TABLE fuzz.c (a String) ENGINE = MergeTree ORDER BY a SETTINGS ${name} = ${text(value)}`,
    params: {}
  }),
  (name, value) => ({ sql: `ALTER TABLE fuzz.t MODIFY SETTING ${name} = ${text(value)}`, params: {} }),
  (name, value) => ({ sql: `EXPLAIN SELECT 1 SETTINGS ${name} = ${text(value)}`, params: {} })
]

export const attemptWithSetting = (random: Random, name: string, targets: Targets): Attempt =>
  pick(random, settingPositions)(name, pick(random, settingValues(targets)))

export const attemptWithFormat = (random: Random, name: string, way: "input" | "output"): Attempt => {
  if (way === "input") {
    return pick<Attempt>(random, [
      { sql: `INSERT INTO fuzz.t FORMAT ${name} x`, params: {} },
      { sql: "INSERT INTO fuzz.t", params: { default_format: name } }
    ])
  }
  return pick<Attempt>(random, [
    { sql: `SELECT 'x' AS a FORMAT ${name}`, params: {} },
    { sql: `SELECT 'x' AS a FORMAT /**/ ${flip(random, name)}`, params: {} },
    { sql: "SELECT 'x' AS a", params: { default_format: name } },
    { sql: `SHOW TABLES FORMAT ${name}`, params: {} }
  ])
}

export const attemptWithSystemTable = (random: Random, name: string): Attempt =>
  pick<Attempt>(random, [
    { sql: `SELECT * FROM system.${spell(random, name)} LIMIT 1`, params: {} },
    { sql: `SELECT 1 IN system.${name}`, params: {} },
    { sql: `SELECT * FROM merge('system', '^${name}$') LIMIT 1`, params: {} },
    { sql: `SELECT * FROM ${name} LIMIT 1`, params: { database: "system" } },
    { sql: `SELECT * FROM {t:Identifier} LIMIT 1`, params: { param_t: `system.${name}` } },
    { sql: `SELECT * FROM {d:Identifier}.{t:Identifier} LIMIT 1`, params: { param_d: "system", param_t: name } },
    { sql: `CREATE VIEW fuzz.v AS SELECT * FROM system.${name}`, params: {} },
    { sql: `INSERT INTO fuzz.t SELECT toString(tuple(*)) FROM system.${name}`, params: {} }
  ])
