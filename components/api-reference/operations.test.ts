import { expect, it } from 'vitest'
import type { ApiDescription } from '#lib/contracts/api-description.ts'
import { curlOf, isFound, operationsOf } from './operations.ts'

const stop = {
  operationId: 'postStop',
  tags: ['hosts'],
  summary: 'Stop a container',
  'x-access': 'containers.stop',
  security: [{ token: [] }, { session: [] }],
  parameters: [
    { name: 'id', in: 'path' as const, required: true, schema: {} },
    { name: 'since', in: 'query' as const, required: true, schema: { type: 'string' } },
    { name: 'limit', in: 'query' as const, required: false, schema: {} },
  ],
  requestBody: { content: { 'application/json': { schema: { type: 'object' } } } },
  responses: { 200: { description: 'OK', content: { 'application/json': { schema: { type: 'string' } } } } },
}
const description: ApiDescription = {
  paths: {
    '/api/hosts/{id}/stop': { post: stop },
    '/api/archives/{archiveId}': {
      get: { ...stop, tags: ['archives'], operationId: 'getArchive', parameters: [], requestBody: {} },
    },
  },
  components: { schemas: {} },
}

it('calls come by noun, with what they take and answer', () => {
  const found = operationsOf(description)
  expect(found.map(({ tag, method, path }) => [tag, method, path])).toEqual([
    ['archives', 'GET', '/api/archives/{archiveId}'],
    ['hosts', 'POST', '/api/hosts/{id}/stop'],
  ])
  expect(found[1]).toMatchObject({
    takesToken: true,
    body: { mediaTypes: ['application/json'], type: '{}' },
    answer: { type: 'string' },
  })
})

it('a call is found by words of its path, its sentence and its permission, in any order', () => {
  const [, operation] = operationsOf(description)
  if (!operation) throw new Error('none')
  expect(isFound(operation, 'STOP hosts')).toBe(true)
  expect(isFound(operation, 'containers.stop post')).toBe(true)
  expect(isFound(operation, 'stop images')).toBe(false)
  expect(isFound(operation, '')).toBe(true)
})

it('the command has every needed part, and none that can be left out', () => {
  const [archive, operation] = operationsOf(description)
  if (!operation || !archive) throw new Error('none')
  expect(curlOf(operation, 'https://x.example/base')).toBe(
    `curl -X POST -H "Authorization: Bearer $ROADSTEAD_TOKEN" -H 'Content-Type: application/json' -d '{ }' 'https://x.example/base/api/hosts/ID/stop?since=SINCE'`,
  )
  expect(curlOf(archive, 'http://x')).toBe(
    `curl -H "Authorization: Bearer $ROADSTEAD_TOKEN" 'http://x/api/archives/ARCHIVE_ID'`,
  )
})
