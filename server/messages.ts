import { createTranslator } from 'use-intl/core'
import type { SpecFault } from '#lib/containers/spec-check.ts'
import type { ApiError } from '#lib/contracts/common.ts'
import type { ErrorCode } from '#lib/error-codes.ts'
import { en } from '#lib/messages/en/index.ts'
import type { AppError } from './errors.ts'

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
    limit: 0,
    count: 0,
    containers: '?',
    container: '?',
    field: 'other',
    seconds: 0,
    reason: '?',
    entry: '?',
    blob: '?',
    expected: '?',
    found: '?',
    what: 'other',
    ...params,
  }
  return translate(code, known as never)
}

/** What a person can do about an error, or nothing. */
export function remedy(code: ErrorCode, params: Record<string, string | number> = {}): string {
  const key = `${code}_remedy` as never
  return translate.has(key) ? translate(key, { permission: '?', ...params } as never) : ''
}

const translateFault = createTranslator({ locale: 'en', messages: en, namespace: 'create.wrong' })

/** The catalogue's sentence for a fault of a container's spec. */
export function faultSentence(code: SpecFault['code']): string {
  return translateFault(code)
}

/** An error as the API shows it, wherever it is kept: in an answer, in a task's step, beside a host. */
export function toApiError({ code, context }: AppError): ApiError {
  const { detail, params, hostId, objectId, fields } = context
  return { code, message: sentence(code, params), detail, params, hostId, objectId, fields }
}
