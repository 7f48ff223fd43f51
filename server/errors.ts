import { type ErrorCode, errorCodes } from '#lib/error-codes.ts'

export interface ErrorContext {
  hostId?: string
  objectId?: string
  /** Text of the engine, of OpenSSL or of the operating system, shown as text below the sentence. */
  detail?: string | undefined
  /** Values for the catalogue's sentence. */
  params?: Record<string, string | number>
  fields?: { path: string; message: string }[]
  cause?: unknown
}

/** The only error that reaches a person: a stable code, where it happened, and its cause. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly context: ErrorContext

  constructor(code: ErrorCode, context: ErrorContext = {}) {
    super(context.detail ? `${code}: ${context.detail}` : code, { cause: context.cause })
    this.name = 'AppError'
    this.code = code
    this.context = context
  }

  get status(): number {
    return errorCodes[this.code]
  }

  /** The same error, told which host and object it concerns. Keeps what is already known. */
  at(where: Pick<ErrorContext, 'hostId' | 'objectId' | 'params'>): AppError {
    return new AppError(this.code, {
      ...where,
      ...this.context,
      params: { ...where.params, ...this.context.params },
      cause: this.context.cause ?? this,
    })
  }
}
