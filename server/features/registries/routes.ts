import { z } from 'zod'
import { imageMatchesSchema, imageSearchQuerySchema } from '#lib/contracts/image-search.ts'
import {
  manifestQuerySchema,
  namePageSchema,
  registryIdSchema,
  registryInputSchema,
  registryManifestSchema,
  registrySchema,
  repositoriesQuerySchema,
  tagsQuerySchema,
} from '#lib/contracts/registries.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { RegistryService } from './service.ts'

const oneRegistry = z.object({ registryId: registryIdSchema })

/** Registries with their accounts. Passwords go in and never come out; only `registries.edit` can choose what is dialled. */
export function registryRoutes(registries: RegistryService) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/registries',
      access: 'registries.view',
      summary: 'Stored registries, without their passwords',
      response: z.array(registrySchema),
      handler: () => registries.list(),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/registries',
      access: 'registries.edit',
      fresh: true,
      summary: 'Store a registry',
      body: registryInputSchema,
      response: registrySchema,
      handler: ({ body }) => registries.add(body),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/registries/test',
      access: 'registries.edit',
      fresh: true,
      summary: 'Reach a registry and sign in; for a stored one with what is stored where left out',
      body: registryInputSchema.extend({ registryId: registryIdSchema.optional() }),
      handler: ({ body: { registryId, ...input }, signal }) => registries.test(input, registryId, signal),
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/registries/:registryId',
      access: 'registries.edit',
      fresh: true,
      summary: 'Change a registry; a password left out stays for the same address and account',
      params: oneRegistry,
      body: registryInputSchema,
      response: registrySchema,
      handler: ({ params, body }) => registries.edit(params.registryId, body),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/registries/:registryId',
      access: 'registries.edit',
      summary: 'Forget a registry and its account',
      params: oneRegistry,
      handler: ({ params }) => registries.remove(params.registryId),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/registries/:registryId/repositories',
      access: 'registries.view',
      summary: 'A page of its repositories',
      params: oneRegistry,
      query: repositoriesQuerySchema,
      response: namePageSchema,
      handler: ({ params, query, signal }) => registries.repositories(params.registryId, query, signal),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/registries/:registryId/tags',
      access: 'registries.view',
      summary: 'A page of a repository’s tags',
      params: oneRegistry,
      query: tagsQuerySchema,
      response: namePageSchema,
      handler: ({ params, query: { repository, ...page }, signal }) =>
        registries.tags(params.registryId, repository, page, signal),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/registries/:registryId/manifest',
      access: 'registries.view',
      summary: 'What a tag or digest holds: platforms, layers, sizes',
      params: oneRegistry,
      query: manifestQuerySchema,
      response: registryManifestSchema,
      handler: ({ params, query, signal }) =>
        registries.manifest(params.registryId, query.repository, query.reference, signal),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/registries/:registryId/search',
      access: 'registries.view',
      summary: 'Repositories with a term in their name',
      params: oneRegistry,
      query: imageSearchQuerySchema,
      response: imageMatchesSchema,
      handler: ({ params, query, signal }) => registries.search(params.registryId, query.term, signal),
    }),
  ]
}
