import { z } from 'zod'
import type { ApiDescription, DescribedOperation, Schema } from '#lib/contracts/api-description.ts'
import { apiErrorSchema } from '#lib/contracts/common.ts'
import { containerSchema } from '#lib/contracts/containers.ts'
import { hostSchema } from '#lib/contracts/hosts.ts'
import { imageSchema } from '#lib/contracts/images.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import { type AnyRoute, defineRoute } from '../web/define-route.ts'

/** What many answers hold, by its name. */
const shared = {
  Error: apiErrorSchema,
  Host: hostSchema,
  Container: containerSchema,
  Image: imageSchema,
  Task: taskSchema,
}
type Direction = 'input' | 'output'

/** The API's own description (OpenAPI 3.0.3), made from the routes' schemas. Made once: no route comes later. */
export function openApi(routes: readonly AnyRoute[]) {
  let description: ApiDescription | undefined
  return defineRoute({
    method: 'GET',
    path: '/api/openapi.json',
    access: 'session',
    alsoTokens: true,
    summary: 'This description',
    response: z.custom<ApiDescription>(),
    handler: async () => (description ??= describe(routes)),
  })
}

function describe(routes: readonly AnyRoute[]): ApiDescription {
  const paths: ApiDescription['paths'] = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  const schemas = Object.fromEntries(
    Object.entries(shared).map(([name, type]) => [name, schema(type, 'output', name)]),
  )
  const described = {
    openapi: '3.0.3',
    info: { title: 'Roadstead', version: '1', license: { name: 'AGPL-3.0-only' } },
    tags: [...new Set(routes.map(tagOf))].sort().map((name) => ({ name })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token made on the account page' },
        session: { type: 'apiKey', in: 'cookie', name: 'roadstead.session_token' },
      },
    },
  }
  return described
}

function operation(route: AnyRoute): DescribedOperation {
  const { access } = route
  const sends: readonly string[] | undefined = route.lines ? ['application/x-ndjson'] : route.sends
  const forTokens = access !== 'session' || route.alsoTokens
  return {
    operationId: operationId(route),
    tags: [tagOf(route)],
    summary: route.summary,
    'x-access': access,
    security: access === 'anonymous' ? [] : [...(forTokens ? [{ token: [] }] : []), { session: [] }],
    parameters: [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')],
    ...(route.body && { requestBody: { required: true, ...json(route.body, 'input') } }),
    ...(route.takes && { requestBody: { required: true, content: { [route.takes]: bytes } } }),
    responses: {
      ...(route.response
        ? { 200: { description: 'OK', ...json(route.response, 'output') } }
        : sends
          ? {
              200: {
                description: 'A stream',
                content: Object.fromEntries(sends.map((type) => [type, bytes])),
              },
            }
          : { 204: { description: 'Done' } }),
      default: {
        description: 'Refused or failed',
        content: { 'application/json': { schema: reference('Error') } },
      },
    },
  }
}

const bytes = { schema: { type: 'string', format: 'binary' } }
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const json = (of: z.ZodType, io: Direction) => ({
  content: { 'application/json': { schema: schema(of, io) } },
})

/**
 * JSON Schema of a type. In answers, what has a name of its own is referred to by it; a type that is asked for under its
 * name is written out.
 */
function schema(of: z.ZodType, io: Direction, named?: string): Schema {
  const { $schema: _, ...written } = z.toJSONSchema(of, {
    target: 'openapi-3.0',
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const name = io === 'output' && Object.entries(shared).find(([, type]) => type === zodSchema)?.[0]
      if (!name || name === named) return
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key]
      Object.assign(jsonSchema, reference(name))
    },
  })
  // What zod writes for this target is of these fields.
  return written as Schema
}

/** The noun: of `/api/hosts/:hostId/containers/...` it is containers. */
const tagOf = ({ path }: AnyRoute) =>
  path.replace(/^\/api\/(?:hosts\/:hostId\/(?=[a-z]))?/, '').split('/', 1)[0] as string

/**
 * `getHosts`, `getHostsByHostId`, `postHostsContainersStop`: the method and the path, with a parameter only where the path
 * ends in it.
 */
function operationId({ method, path }: AnyRoute): string {
  const words = path.slice('/api/'.length).split(/[/.-]/)
  const name = words.map((word, index) => {
    if (!word.startsWith(':')) return word.charAt(0).toUpperCase() + word.slice(1)
    return index === words.length - 1 ? `By${word.charAt(1).toUpperCase()}${word.slice(2)}` : ''
  })
  return method.toLowerCase() + name.join('')
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
