import { z } from 'zod'
import {
  archiveIdSchema,
  archiveLibrarySchema,
  archiveSchema,
  archiveSettingsSchema,
  loadStartSchema,
} from '#lib/contracts/archives.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import type { TaskService } from '../../tasks/types.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { ArchiveLibrary } from './library.ts'
import { loadKind } from './load.ts'

const params = z.object({ archiveId: archiveIdSchema })

/** The archive library, and its archives on their way to hosts. */
export function archiveRoutes(library: ArchiveLibrary, tasks: TaskService) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/archives',
      access: 'archives.view',
      summary: 'Archives with a summary of what is in them, and the room that is left',
      response: archiveLibrarySchema,
      handler: () => library.view(),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/archives/:archiveId',
      access: 'archives.view',
      summary: 'One archive with every image and layer in it',
      params,
      response: archiveSchema,
      handler: async ({ params: { archiveId } }) => library.get(archiveId),
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/archives/settings',
      access: 'archives.edit',
      event: 'archives.settings',
      summary: 'Quota and retention',
      body: archiveSettingsSchema,
      handler: ({ body }) => library.configure(body),
    }),
    defineRoute({
      method: 'PATCH',
      path: '/api/archives/:archiveId',
      access: 'archives.edit',
      summary: 'Keep an archive for ever, or for its time',
      params,
      body: z.object({ kept: z.boolean() }),
      response: archiveSchema,
      handler: ({ params: { archiveId }, body }) => library.keep(archiveId, body.kept),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/archives/:archiveId',
      access: 'archives.edit',
      summary: 'Remove an archive, also in the middle of its upload',
      params,
      handler: ({ params: { archiveId } }) => library.remove(archiveId),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/archives/load',
      act: 'image.load',
      summary: 'Load an archive on hosts, as a task with a step for each; its bytes may still be arriving',
      body: loadStartSchema,
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        tasks.start(principal, loadKind, input, { width, stopOnFailure }),
    }),
  ]
}
