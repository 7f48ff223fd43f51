import { z } from 'zod'
import { taskSchema, taskSteeringSchema } from '#lib/contracts/tasks.ts'
import type { TaskService } from '../../tasks/types.ts'
import { defineRoute } from '../../web/define-route.ts'

const oneTask = z.object({ taskId: z.uuid() })

/** Tasks of the one who asks. They are started by the routes of what they do, each with its own permission. */
export function taskRoutes(tasks: TaskService) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/tasks',
      access: 'session',
      summary: 'Long work, running and finished, newest first',
      response: z.array(taskSchema),
      handler: async ({ principal }) => tasks.list(principal),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/tasks/:taskId',
      access: 'session',
      summary: 'One task with its steps',
      params: oneTask,
      response: taskSchema,
      handler: async ({ principal, params }) => tasks.get(principal, params.taskId),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/tasks/:taskId/cancel',
      access: 'session',
      event: 'tasks.cancel',
      body: taskSteeringSchema,
      summary: 'Abort what runs, do not begin what waits',
      params: oneTask,
      response: taskSchema,
      handler: async ({ principal, params, body }) => tasks.cancel(principal, params.taskId, body.stepId),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/tasks/:taskId/retry',
      access: 'session',
      event: 'tasks.retry',
      body: taskSteeringSchema,
      summary: 'Run again the steps that did not succeed',
      params: oneTask,
      response: taskSchema,
      handler: ({ principal, params, body }) => tasks.retry(principal, params.taskId, body.stepId),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/tasks/:taskId',
      access: 'session',
      event: 'tasks.dismiss',
      summary: 'Forget a finished task',
      params: oneTask,
      handler: ({ principal, params }) => tasks.dismiss(principal, params.taskId),
    }),
  ]
}
