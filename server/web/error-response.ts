import { ZodError } from 'zod'
import type { ApiError } from '#lib/contracts/common.ts'
import { fileFault, sqliteFault } from '../db/sqlite-errors.ts'
import { AppError } from '../errors.ts'
import { toApiError } from '../messages.ts'

/** What Fastify itself throws before a handler runs. */
const frameworkCodes: Record<string, AppError> = {
  FST_ERR_CTP_BODY_TOO_LARGE: new AppError('body_too_large', { params: { limit: 1_048_576 } }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: new AppError('unsupported_media_type'),
  FST_ERR_CTP_EMPTY_JSON_BODY: new AppError('bad_request', { detail: 'The body is empty.' }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: new AppError('bad_request', {
    detail: 'Content-Length does not match the body.',
  }),
}

/** Any error as an AppError. What is not known becomes `internal`: its text stays in the log. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (error instanceof ZodError) {
    const fields = error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
    return new AppError('invalid_input', { fields, cause: error })
  }
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  const fault = sqliteFault(error) ?? fileFault(error)
  if (fault) return new AppError(fault, { cause: error })
  if (code && frameworkCodes[code]) return frameworkCodes[code]
  if (error instanceof SyntaxError || statusCode === 400) {
    return new AppError('bad_request', { detail: (error as Error).message, cause: error })
  }
  return new AppError('internal', { cause: error })
}

/** The body of a failing answer. */
export function errorBody(error: AppError, requestId: string): { error: ApiError } {
  return { error: { ...toApiError(error), requestId } }
}
