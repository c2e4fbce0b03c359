// Store questions: what the suite asks the store, by plain HTTP so that asking costs little.

export class StoreQuestions {
  readonly #url: string

  constructor(url: string, database: string) {
    this.#url = `${url}/?database=${database}&default_format=TSV`
  }

  /** Rows of a statement, each its cells. */
  async rows(sql: string): Promise<ReadonlyArray<ReadonlyArray<string>>> {
    const answer = await fetch(this.#url, { method: "POST", body: sql })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`the store refused a question: ${text.slice(0, 300)}`)
    return text.trimEnd() === ""
      ? []
      : text
          .trimEnd()
          .split("\n")
          .map((line) => line.split("\t"))
  }

  async number(sql: string): Promise<number> {
    return Number((await this.rows(sql))[0]?.[0] ?? Number.NaN)
  }

  /** Records stored so far; answered from the parts' own counts. */
  stored(): Promise<number> {
    return this.number("SELECT count() FROM logs")
  }

  /** From now on inserts are answered before their parts are on the disk, which is not how the product runs. */
  async stopSyncing(): Promise<void> {
    const tables = await this.rows(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine_full LIKE '%fsync_after_insert = 1%'"
    )
    for (const [name] of tables) {
      await this.rows(`ALTER TABLE ${name} MODIFY SETTING fsync_after_insert = 0, fsync_part_directory = 0`)
    }
  }
}
