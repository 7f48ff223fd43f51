import { createTranslator } from 'use-intl/core'
import type { ErrorCode } from '#lib/error-codes.ts'
import { en } from '#lib/messages/en/index.ts'

const translate = createTranslator({ locale: 'en', messages: en, namespace: 'errors', onError: () => {} })

/** The catalogue's sentence for an error code. Values a sentence asks for and the error lacks become '?'. */
export function sentence(code: ErrorCode, params: Record<string, string | number> = {}): string {
  const known = {
    host: '?',
    port: '?',
    path: '?',
    registry: '?',
    repository: '?',
    reference: '',
    status: 0,
    containers: '?',
    field: 'other',
    seconds: 0,
    reason: '?',
    ...params,
  }
  return translate(code, known as never)
}
