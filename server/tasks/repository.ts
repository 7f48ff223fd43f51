import { type Task, taskSchema } from '#lib/contracts/tasks.ts'
import type { Database } from '../db/schema.ts'
import type { Vault } from '../secrets/vault.ts'

/** Finished tasks kept, over all people. */
const kept = 200

export interface TaskRepository {
  /** What was stored, newest first. */
  all(): Promise<Task[]>
  insert(task: Task, input: unknown): Promise<void>
  update(task: Task): Promise<void>
  /** Sealed: a create's environment holds passwords. */
  input(id: string): Promise<unknown>
  remove(id: string): Promise<void>
}

export function createTaskRepository(db: Database, vault: Vault): TaskRepository {
  const place = (id: string) => `tasks.${id}.input`
  return {
    async all() {
      const rows = await db.selectFrom('tasks').select('document').orderBy('created_at', 'desc').execute()
      // A task of an older version that no longer reads is history, not a reason not to start.
      return rows.flatMap((row) => taskSchema.safeParse(JSON.parse(row.document)).data ?? [])
    },
    async insert(task, input) {
      await db
        .insertInto('tasks')
        .values({
          id: task.id,
          user_id: task.userId,
          created_at: task.createdAt,
          document: JSON.stringify(task),
          input: vault.seal(JSON.stringify(input), place(task.id)),
        })
        .execute()
      await db
        .deleteFrom('tasks')
        .where(
          'id',
          'in',
          db.selectFrom('tasks').select('id').orderBy('created_at', 'desc').offset(kept).limit(1000),
        )
        .execute()
    },
    async update(task) {
      await db
        .updateTable('tasks')
        .set({ document: JSON.stringify(task) })
        .where('id', '=', task.id)
        .execute()
    },
    async input(id) {
      const row = await db.selectFrom('tasks').select('input').where('id', '=', id).executeTakeFirstOrThrow()
      return JSON.parse(vault.open(row.input, place(id)))
    },
    async remove(id) {
      await db.deleteFrom('tasks').where('id', '=', id).execute()
    },
  }
}
