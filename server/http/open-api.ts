import { z } from 'zod'
import { apiErrorSchema } from '#lib/contracts/common.ts'
import { type AnyRoute, defineRoute } from './define-route.ts'

/** The API's own description, made from the routes' schemas. */
export function openApi(routes: readonly AnyRoute[]): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/api/openapi.json',
    access: 'session',
    summary: 'This description',
    response: z.record(z.string(), z.unknown()),
    handler: async () => describe(routes),
  })
}

const schema = (of: z.ZodType, io: 'input' | 'output') =>
  z.toJSONSchema(of, { target: 'openapi-3.0', io, unrepresentable: 'any' })

function describe(routes: readonly AnyRoute[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')]
    const json = (of: z.ZodType, io: 'input' | 'output') => ({
      content: { 'application/json': { schema: schema(of, io) } },
    })
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: {
        summary: route.summary,
        'x-access': route.access,
        parameters,
        ...(route.body ? { requestBody: json(route.body, 'input') } : {}),
        responses: {
          ...(route.response
            ? { 200: { description: 'OK', ...json(route.response, 'output') } }
            : { 204: { description: 'Done' } }),
          default: { description: 'Refused or failed', ...json(apiErrorSchema, 'output') },
        },
      },
    }
  }
  return { openapi: '3.0.3', info: { title: 'Roadstead', version: '1' }, paths }
}

function parametersOf(of: z.ZodType | undefined, where: 'path' | 'query') {
  if (!(of instanceof z.ZodObject)) return []
  return Object.entries(of.shape as Record<string, z.ZodType>).map(([name, type]) => ({
    name,
    in: where,
    required: where === 'path' || !type.safeParse(undefined).success,
    schema: schema(type, 'input'),
  }))
}
