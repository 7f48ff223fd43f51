import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { NodeSqliteDialect } from '@better-auth/kysely-adapter/node-sqlite-dialect'
import { CompiledQuery, type DatabaseConnection, type Driver, type QueryResult } from 'kysely'

/** Milliseconds: for how long another program's lock is waited for, and between two attempts. */
const patience = { mostMs: 5000, betweenMs: 25 }
/** Statements kept ready: parsing one takes longer than most answers. */
const mostReady = 200
/** SQLITE_BUSY itself. Its kin are other matters: a snapshot that is too old stays so. */
const busy = 5

/**
 * SQLite's dialect on one connection that waits for other programs' locks without standing still: `busy_timeout` would
 * stop the whole process, since a connection of Node's works in its only thread. Statements outside of a transaction wait
 * for one that is open, as they share its connection, but not for each other, and reading waits for no lock (WAL).
 */
export class PatientSqliteDialect extends NodeSqliteDialect {
  private readonly raw: DatabaseSync
  private readonly mostMs: number

  /** @param raw its `busy_timeout` is 0. Closed with the driver. */
  constructor(raw: DatabaseSync, mostMs = patience.mostMs) {
    super({ database: raw })
    this.raw = raw
    this.mostMs = mostMs
  }

  override createDriver(): ReturnType<NodeSqliteDialect['createDriver']> {
    return new PatientSqliteDriver(this.raw, this.mostMs)
  }
}

class PatientSqliteDriver implements Driver {
  private readonly raw: DatabaseSync
  private readonly mostMs: number
  /** By their text, the one used last at the end. */
  private readonly ready = new Map<string, StatementSync>()
  /** Whose transaction is open on the connection, and what resolves when it is over. */
  private holder: DatabaseConnection | null = null
  private over = Promise.withResolvers<void>()

  constructor(raw: DatabaseSync, mostMs: number) {
    this.raw = raw
    this.mostMs = mostMs
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const connection: DatabaseConnection = {
      executeQuery: <R>(query: CompiledQuery) => this.run<R>(connection, query),
      streamQuery() {
        throw new Error('SQLite is not read as a stream.')
      },
    }
    return connection
  }

  /** At once for writing: a transaction that has read cannot wait for the lock, its snapshot would be too old. */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await this.run(connection, CompiledQuery.raw('begin immediate'), () => {
      this.holder = connection
      this.over = Promise.withResolvers()
    })
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await this.run(connection, CompiledQuery.raw('commit'))
    this.end(connection)
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // Some failures (a full disk) have rolled back already.
    if (this.raw.isTransaction) await this.run(connection, CompiledQuery.raw('rollback'))
    this.end(connection)
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.end(connection)
  }

  async destroy(): Promise<void> {
    this.ready.clear()
    if (this.raw.isOpen) this.raw.close()
  }

  private end(connection: DatabaseConnection): void {
    if (this.holder !== connection) return
    this.holder = null
    this.over.resolve()
  }

  /** @param done called in the same turn as the statement. */
  private async run<R>(
    connection: DatabaseConnection,
    query: CompiledQuery,
    done?: () => void,
  ): Promise<QueryResult<R>> {
    const until = performance.now() + this.mostMs
    for (;;) {
      while (this.holder !== null && this.holder !== connection) await this.over.promise
      try {
        const result = this.execute<R>(query)
        done?.()
        return result
      } catch (error) {
        const isBusy = (error as { errcode?: number }).errcode === busy
        if (!isBusy || performance.now() > until) throw error
      }
      await sleep(patience.betweenMs)
    }
  }

  private execute<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    const statement = this.statement(sql)
    const values = parameters as SQLInputValue[]
    if (statement.columns().length > 0) return { rows: statement.all(...values) as R[] }
    const { changes, lastInsertRowid } = statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  private statement(sql: string): StatementSync {
    // What changes the schema changes the columns of those that were ready.
    if (/^\s*(?:create|alter|drop|pragma|vacuum)\b/i.test(sql)) {
      this.ready.clear()
      return this.raw.prepare(sql)
    }
    const statement = this.ready.get(sql) ?? this.raw.prepare(sql)
    this.ready.delete(sql)
    this.ready.set(sql, statement)
    const [oldest] = this.ready.size > mostReady ? this.ready.keys() : []
    if (oldest !== undefined) this.ready.delete(oldest)
    return statement
  }
}
