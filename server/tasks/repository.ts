import { type Task, taskSchema } from '#lib/contracts/tasks.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { placeOf } from '../secrets/envelope.ts'
import type { Vault } from '../secrets/vault.ts'

export interface TaskRepository {
  /** What was stored, newest first. What no longer reads (an older version's) is history, and forgotten. */
  all(): Promise<Task[]>
  insert(task: Task, input: unknown): Promise<void>
  /** Nothing happens to one that was removed. */
  update(task: Task): Promise<void>
  /** Sealed: a create's environment holds passwords. Throws task_not_found. */
  input(id: string): Promise<unknown>
  remove(id: string): Promise<void>
}

export function createTaskRepository(db: Database, vault: Vault): TaskRepository {
  const place = (id: string) => placeOf('tasks', id, 'input')
  return {
    async all() {
      const query = db.selectFrom('tasks').select(['id', 'document']).orderBy('created_at', 'desc')
      const found: Task[] = []
      for (const { id, document } of await query.execute()) {
        const task = read(document)
        if (task) found.push(task)
        else await db.deleteFrom('tasks').where('id', '=', id).execute()
      }
      return found
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
    },
    async update(task) {
      await db
        .updateTable('tasks')
        .set({ document: JSON.stringify(task) })
        .where('id', '=', task.id)
        .execute()
    },
    async input(id) {
      const row = await db.selectFrom('tasks').select('input').where('id', '=', id).executeTakeFirst()
      if (!row) throw new AppError('task_not_found', { objectId: id })
      return JSON.parse(vault.open(row.input, place(id)))
    },
    async remove(id) {
      await db.deleteFrom('tasks').where('id', '=', id).execute()
    },
  }
}

function read(document: string): Task | null {
  try {
    return taskSchema.safeParse(JSON.parse(document)).data ?? null
  } catch {
    return null
  }
}
