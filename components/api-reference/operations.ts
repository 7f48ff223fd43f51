import type { ApiDescription, Content, Parameter } from '#lib/contracts/api-description.ts'
import { schemaText } from './schema-text.ts'

export interface Operation {
  id: string
  tag: string
  method: string
  path: string
  summary: string
  /** 'anonymous', 'session' or the permission. */
  access: string
  takesToken: boolean
  parameters: readonly Parameter[]
  body: Body | null
  answer: Body | null
}
/** Of a stream the type is null. */
interface Body {
  mediaTypes: readonly string[]
  type: string | null
}

/** Every call of the description, by noun and in its order. */
export function operationsOf({ paths }: ApiDescription): Operation[] {
  return Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, described]) => ({
        id: described.operationId,
        tag: described.tags[0] ?? '',
        method: method.toUpperCase(),
        path,
        summary: described.summary,
        access: described['x-access'],
        takesToken: described.security.some((one) => 'token' in one),
        parameters: described.parameters,
        body: bodyOf(described.requestBody),
        answer: bodyOf(described.responses['200']),
      })),
    )
    .toSorted((a, b) => a.tag.localeCompare(b.tag))
}

function bodyOf(of: Content | undefined): Body | null {
  if (!of?.content) return null
  const mediaTypes = Object.keys(of.content)
  const json = of.content['application/json']
  return { mediaTypes, type: json ? schemaText(json.schema) : null }
}

/** Whether every word that was typed is somewhere in the call. */
export function isFound(operation: Operation, typed: string): boolean {
  const text = `${operation.method} ${operation.path} ${operation.summary} ${operation.access}`.toLowerCase()
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

/** The call as a command to be pasted; what is in capitals is to be filled in. */
export function curlOf({ method, path, parameters, body }: Operation, origin: string): string {
  const query = parameters.filter((one) => one.in === 'query' && one.required)
  const asked = query.map(({ name }) => `${name}=${blank(name)}`).join('&')
  const address = `${origin}${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => blank(name))}`
  const parts = [
    'curl',
    method === 'GET' ? '' : `-X ${method}`,
    `-H "Authorization: Bearer $ROADSTEAD_TOKEN"`,
  ]
  if (body) {
    const [mediaType = ''] = body.mediaTypes
    parts.push(`-H 'Content-Type: ${mediaType}'`, body.type === null ? '-T FILE' : `-d '{ }'`)
  }
  parts.push(`'${address}${asked && `?${asked}`}'`)
  return parts.filter(Boolean).join(' ')
}

/** `hostId` as HOST_ID. */
const blank = (name: string) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
