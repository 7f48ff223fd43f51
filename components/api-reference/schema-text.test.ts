import { expect, it } from 'vitest'
import { z } from 'zod'
import { schemaText } from './schema-text.ts'

it.each<[z.ZodType, string]>([
  [z.string(), 'string'],
  [z.int(), 'number'],
  [z.string().nullable(), 'string | null'],
  [z.enum(['a', 'b']), '"a" | "b"'],
  [z.array(z.enum(['a', 'b'])), '("a" | "b")[]'],
  [
    z.object({ id: z.string(), 'odd-name': z.boolean().optional() }),
    '{\n  id: string\n  "odd-name"?: boolean\n}',
  ],
  [z.object({ in: z.object({ deep: z.array(z.number()) }) }), '{\n  in: {\n    deep: number[]\n  }\n}'],
  [z.record(z.string(), z.number()), '{\n  [name: string]: number\n}'],
  [z.union([z.string(), z.object({})]), 'string | {}'],
  [z.unknown(), 'unknown'],
])('a type %# is written as TypeScript would have it', (type, text) => {
  expect(schemaText(z.toJSONSchema(type, { target: 'openapi-3.0' }) as object)).toBe(text)
})

it('a named type is its name, also where null is allowed beside it', () => {
  expect(schemaText({ $ref: '#/components/schemas/Host' })).toBe('Host')
  expect(schemaText({ anyOf: [{ $ref: '#/components/schemas/Host' }], nullable: true })).toBe('Host | null')
})
