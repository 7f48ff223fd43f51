import { z } from 'zod'
import { type Task, taskSchema, taskStepSchema } from '#lib/contracts/tasks.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { placeOf } from '../secrets/envelope.ts'
import type { Vault } from '../secrets/vault.ts'
import { planSchema } from './change.ts'

/** What is known of a step that was begun, while its task is not over. */
const stepRecordSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('begun') }),
  z.object({ is: z.literal('change'), plan: planSchema, state: z.unknown() }),
  z.object({ is: z.literal('ended'), step: taskStepSchema }),
])
export type StepRecord = z.infer<typeof stepRecordSchema>

export interface TaskRepository {
  /** What was stored, newest first. What no longer reads (an older version's) is history, and forgotten. */
  all(): Promise<Task[]>
  insert(task: Task, input: unknown): Promise<void>
  /** Nothing happens to one that was removed. */
  update(task: Task): Promise<void>
  /** As `update`, of one that is over: with its plans gone. */
  finish(task: Task): Promise<void>
  /** Resolves when it is on the disk how far the step has come. */
  plan(taskId: string, stepId: string, record: StepRecord): Promise<void>
  /** Of tasks whose end was not stored. */
  plans(): Promise<{ taskId: string; stepId: string; record: StepRecord }[]>
  /** Sealed: a create's environment holds passwords. Throws task_not_found. */
  input(id: string): Promise<unknown>
  remove(id: string): Promise<void>
}

export function createTaskRepository(db: Database, vault: Vault): TaskRepository {
  const place = (id: string) => placeOf('tasks', id, 'input')
  const update = async (to: Database, task: Task) => {
    const document = JSON.stringify(task)
    await to.updateTable('tasks').set({ document }).where('id', '=', task.id).execute()
  }
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
    update: (task) => update(db, task),
    finish: (task) =>
      db.transaction().execute(async (both) => {
        await update(both, task)
        await both.deleteFrom('plans').where('task_id', '=', task.id).execute()
      }),
    async plan(taskId, stepId, record) {
      const document = JSON.stringify(record)
      await db
        .insertInto('plans')
        .values({ task_id: taskId, step_id: stepId, document })
        .onConflict((conflict) => conflict.columns(['task_id', 'step_id']).doUpdateSet({ document }))
        .execute()
    },
    async plans() {
      const rows = await db.selectFrom('plans').selectAll().execute()
      return rows.map(({ task_id, step_id, document }) => ({
        taskId: task_id,
        stepId: step_id,
        // Of a row that is damaged there is still to say that the step was begun.
        record: stepRecordSchema.safeParse(parsed(document)).data ?? { is: 'begun' },
      }))
    },
    async input(id) {
      const row = await db.selectFrom('tasks').select('input').where('id', '=', id).executeTakeFirst()
      if (!row) throw new AppError('task_not_found', { objectId: id })
      return JSON.parse(vault.open(row.input, place(id)))
    },
    remove: (id) =>
      db.transaction().execute(async (both) => {
        await both.deleteFrom('tasks').where('id', '=', id).execute()
        await both.deleteFrom('plans').where('task_id', '=', id).execute()
      }),
  }
}

const read = (document: string): Task | null => taskSchema.safeParse(parsed(document)).data ?? null

/** Null for what is no JSON: a row that is damaged costs its own task and no start. */
function parsed(document: string): unknown {
  try {
    return JSON.parse(document)
  } catch {
    return null
  }
}
