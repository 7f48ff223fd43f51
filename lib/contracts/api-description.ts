/** JSON Schema as OpenAPI 3.0 has it, of which no more is read than our description uses. */
export interface Schema {
  $ref?: string
  type?: string
  format?: string
  description?: string
  nullable?: boolean
  enum?: readonly unknown[]
  properties?: Record<string, Schema>
  required?: readonly string[]
  items?: Schema
  additionalProperties?: boolean | Schema
  anyOf?: readonly Schema[]
  oneOf?: readonly Schema[]
  allOf?: readonly Schema[]
}

export interface Parameter {
  name: string
  in: 'path' | 'query'
  required: boolean
  schema: Schema
}
export interface Content {
  content?: Record<string, { schema: Schema }>
}
export interface DescribedOperation {
  operationId: string
  tags: readonly string[]
  summary: string
  'x-access': string
  security: readonly Record<string, unknown>[]
  parameters: readonly Parameter[]
  requestBody?: Content
  responses: Record<string, Content & { description: string }>
}

/** `GET /api/openapi.json`: OpenAPI, of which no more is named here than our page shows. */
export interface ApiDescription {
  paths: Record<string, Record<string, DescribedOperation>>
  components: { schemas: Record<string, Schema> }
}
